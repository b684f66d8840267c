"""Uploads rows with Azure's own client, and what it must refuse: ingestion.py ENDPOINT RULE STREAM ROWS"""
import io
import json
import secrets
import sys
import time

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.monitor.ingestion import LogsIngestionClient


class Anybody:
    """A credential that needs no sign-in."""

    def get_token(self, *scopes, **options):
        return AccessToken("a-token", int(time.time()) + 3600)


endpoint, rule, stream, rows = sys.argv[1:]
client = LogsIngestionClient(endpoint, Anybody())


def upload(rule, logs):
    try:
        client.upload(rule, stream, logs, enforce_https=False)
        print("taken")
    except ResourceNotFoundError as error:
        print("not found:", error.status_code, error.error.code, error.error.message)
    except HttpResponseError as error:
        print("refused:", error.status_code, error.error.code, error.error.message)


upload(rule, [{"ServiceDeskId_s": f"INC{number:07}", "Title_s": "x" * 400} for number in range(int(rows))])
upload("dcr-" + "0" * 32, [{"ServiceDeskId_s": "INC0000001"}])
large = json.dumps([{"ServiceDeskId_s": "INC0000001", "Title_s": secrets.token_hex(600_000)}])
upload(rule, io.BytesIO(large.encode()))
