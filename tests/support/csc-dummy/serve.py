"""Serves certomancer-csc-dummy on a free port of loopback, with a timestamp authority, which its command line cannot set."""

import sys

from aiohttp import web
from certomancer.registry import CertomancerConfig
from csc_dummy.csc_dummy_server import CSCWithCertomancer, DummyServiceParams

config = CertomancerConfig.from_file(sys.argv[1])
server = CSCWithCertomancer(config, service_params=DummyServiceParams(multisign=3, default_tsa="prova/marche"))
server.register_routes()
web.run_app(server.app, host="127.0.0.1", port=0)
