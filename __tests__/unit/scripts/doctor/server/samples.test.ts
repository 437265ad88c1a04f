import { parseResults } from "../../../../../scripts/doctor/server/samples";

/** Two results of one query, as InfluxDB 2 answers with annotations. */
const csv = `#datatype,string,long,dateTime:RFC3339,dateTime:RFC3339,dateTime:RFC3339,double,string,string
#group,false,false,true,true,false,false,true,true
#default,samples,,,,,,,
,result,table,_start,_stop,_time,_value,_field,node_name
,,0,2026-11-01T09:00:00Z,2026-11-01T10:00:00Z,2026-11-01T09:59:58Z,0.25,node_load1,kube-0.local
,,1,2026-11-01T09:00:00Z,2026-11-01T10:00:00Z,2026-11-01T09:59:59Z,48.5,rpi_temperature,kube-0.local

#datatype,string,long,double,string
#group,false,false,false,false
#default,pipeline,,,
,result,table,_value,name
,,0,0,dropped
,,0,5184000,grafana.example.com

`.replaceAll("\n", "\r\n");

test("the results of the one query are told apart", async () => {
  const { samples, pipeline } = await parseResults(csv);
  expect(samples).toMatchObject([
    { node_name: "kube-0.local", _field: "node_load1", _value: 0.25, _time: "2026-11-01T09:59:58Z" },
    { node_name: "kube-0.local", _field: "rpi_temperature", _value: 48.5 },
  ]);
  expect(pipeline).toMatchObject([
    { name: "dropped", _value: 0 },
    { name: "grafana.example.com", _value: 5184000 },
  ]);
  expect(await parseResults("\r\n")).toEqual({ samples: [], pipeline: [] });
});
