"""A cluster through its administrator's kubeconfig: for joining only, and stored nowhere."""

from pathlib import Path

from kubernetes.client import Configuration
from kubernetes.config import ConfigException, load_kube_config
from yaml import YAMLError

from fleet.connections import answers
from fleet.connections.api import ApiAccess
from fleet.connections.line import Refused
from fleet.ports import Endpoint
from portal.errors import NotJoined
from portal.outbound import WayOut

# what the client raises for files of other shapes than it expects
UNUSABLE = (ConfigException, OSError, ValueError, LookupError, TypeError, AttributeError, YAMLError)


class AdminAccess(ApiAccess):
    """Administration with whatever the kubeconfig has: token, client certificate, exec plugin."""

    @classmethod
    def from_kubeconfig(
        cls, name: str, *, kubeconfig: Path | None, context: str, way: WayOut
    ) -> "AdminAccess":
        """Return the access of a context; without a file, of KUBECONFIG or ~/.kube/config.

        Raises NotJoined in words when the file cannot be used.
        """
        told = _configuration(kubeconfig, context)
        if not told.verify_ssl:
            raise NotJoined(
                "This kubeconfig skips the check of the server's certificate "
                "(insecure-skip-tls-verify). Give it the cluster's certificate authority instead."
            )
        authority = Path(told.ssl_ca_cert).read_text() if told.ssl_ca_cert else ""
        return cls(
            name,
            Endpoint(told.host, authority, told.tls_server_name or ""),
            way=way,
            authorization=told.get_api_key_with_prefix("BearerToken") or "",
            client_certificate=(told.cert_file, told.key_file) if told.cert_file else None,
        )

    def version(self) -> str:
        try:
            return str(self._server.at("/version")["gitVersion"])
        except Refused as refused:
            raise answers.as_error(refused, "The version of the API server") from refused


def _configuration(kubeconfig: Path | None, context: str) -> Configuration:
    told = Configuration()
    try:
        load_kube_config(
            config_file=str(kubeconfig) if kubeconfig else None,
            context=context or None,
            client_configuration=told,
            persist_config=False,
        )
    except UNUSABLE as error:
        raise NotJoined(f"The kubeconfig cannot be used: {error}") from error
    return told
