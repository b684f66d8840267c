"""Pages all incidents of an instance with pysnow and counts them: servicenow.py HOST USER PASSWORD"""
import sys

import pysnow

PAGE = 1000

host, user, password = sys.argv[1:]
client = pysnow.Client(host=host, user=user, password=password, use_ssl=False)
incidents = client.resource(api_path="/table/incident")
query = pysnow.QueryBuilder().field("number").order_ascending()

ids = []
while True:
    page = list(incidents.get(query=query, limit=PAGE, offset=len(ids), fields=["sys_id", "number"]).all())
    ids += [record["sys_id"] for record in page]
    if len(page) < PAGE:
        break
print(f"{len(ids)} records, {len(set(ids))} of them different")
