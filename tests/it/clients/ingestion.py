"""Uploads rows with Azure's own client: ingestion.py ENDPOINT RULE STREAM ROWS"""
import sys
import time

from azure.core.credentials import AccessToken
from azure.monitor.ingestion import LogsIngestionClient


class Anybody:
    """A credential that needs no sign-in."""

    def get_token(self, *scopes, **options):
        return AccessToken("a-token", int(time.time()) + 3600)


endpoint, rule, stream, rows = sys.argv[1:]
client = LogsIngestionClient(endpoint, Anybody())
logs = [{"ServiceDeskId_s": f"INC{number:07}", "Title_s": "x" * 400} for number in range(int(rows))]
client.upload(rule, stream, logs, enforce_https=False)
