"""A machine whose policy has what the reference policy lacks: pairs of booleans, bounds, options that are on."""

from __future__ import annotations

import pytest

from avcdoctor.host import Host
from tests.machines import system_at

RULES = """
(type app_t) (call process_domain (app_t))
(type app_data_t) (call ordinary_file (app_data_t))
(type app_exec_t) (call executable (app_exec_t))
(call enters (init_t app_exec_t app_t))
(type app_worker_t) (call process_domain (app_worker_t))
(typebounds app_t app_worker_t)
(boolean app_first false)
(boolean app_second false)
(booleanif (and app_first app_second)
    (true (allow app_t app_data_t (file (getattr open read)))))
(boolean app_protect true)
(booleanif (not app_protect)
    (true (allow app_t app_data_t (file (getattr open append)))))
(boolean input_everywhere true)
(booleanif input_everywhere
    (true (allow app_t app_data_t (file (lock)))))
(boolean app_linking true)
(booleanif app_linking
    (true (allow app_t app_data_t (file (link)))))
(type passt_t) (call process_domain (passt_t))
(boolean app_loads true)
(booleanif app_loads
    (true (allow app_t kernel_t (system (module_request)))))
(allow passt_t kernel_t (system (module_request)))
(boolean app_wide false)
(boolean app_narrow false)
(booleanif app_wide
    (true
        (allow app_t self (tcp_socket (create)))
        (allow app_t port_type (tcp_socket (name_connect)))))
(booleanif app_narrow
    (true (allow app_t http_port_t (tcp_socket (name_connect)))))
"""


@pytest.fixture(scope="session")
def options(tmp_path_factory: pytest.TempPathFactory) -> Host:
    """A machine with a service app_t that has options."""
    return system_at(tmp_path_factory.mktemp("options"), RULES)
