"""Reads a simulated instance with ServiceNow's own client: glide.py URL USER PASSWORD CA_FILE [cancelled]"""
import sys

import pysnc

url, user, password, authority, *expect = sys.argv[1:]


def records(name, **options):
    client = pysnc.ServiceNowClient(url, (user, password), verify=authority, auto_retry=False)
    found = client.GlideRecord("incident", **options)
    found.fields = ["sys_id", name]
    found.query()
    return found


if expect == ["cancelled"]:
    try:
        list(records("number"))
    except pysnc.exceptions.RequestException as error:
        print(error)
    sys.exit()

found = records("number", batch_size=100)
ids = [str(record.sys_id) for record in found]
print(f"{len(ids)} records, {len(set(ids))} of them different, {found.get_row_count()} counted")
try:
    client = pysnc.ServiceNowClient(url, (user, "not-" + password), verify=authority, auto_retry=False)
    client.GlideRecord("incident").query()
except pysnc.exceptions.AuthenticationException:
    print("a wrong password is an AuthenticationException")
