"""The gRPC service that the Pulumi engine calls: decodes requests, calls the rules, encodes answers.

Every other module of the provider is free of gRPC and of Pulumi's message types (but for `wire` and `errors`).
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from ndcops.model.errors import InvalidInput, NdcopsError
from ndcops.provider.autoname import Autonaming, Naming
from ndcops.provider.check import Identity, check_object
from ndcops.provider.configure import changed_config_keys, check_config, config_values, replacing_config_keys
from ndcops.provider.create import create_object, preview_create
from ndcops.provider.delete import delete_object
from ndcops.provider.diff import Change, diff_object
from ndcops.provider.engine_log import EngineLog
from ndcops.provider.errors import Unreachable, abort, error_text
from ndcops.provider.operation import Written
from ndcops.provider.property_path import format_path
from ndcops.provider.read import read_object
from ndcops.provider.schema import SCHEMA, VERSION
from ndcops.provider.secrets import merged, redacted, secret_mask, secret_texts
from ndcops.provider.session import Session
from ndcops.provider.settings import parse_settings
from ndcops.provider.state import API_VERSION_KEY, FIELD_MANAGER_KEY, INPUTS_KEY
from ndcops.provider.update import preview_update, update_object
from ndcops.provider.wire import JsonObject, Mask, Properties, decode, encode

_NAMING = {
    provider_pb2.CheckRequest.AutonamingOptions.PROPOSE: Naming.PROPOSE,
    provider_pb2.CheckRequest.AutonamingOptions.ENFORCE: Naming.ENFORCE,
    provider_pb2.CheckRequest.AutonamingOptions.DISABLE: Naming.DISABLE,
}
_KINDS = {
    Change.ADD: provider_pb2.PropertyDiff.ADD,
    Change.UPDATE: provider_pb2.PropertyDiff.UPDATE,
    Change.DELETE: provider_pb2.PropertyDiff.DELETE,
}
_REPLACING_KINDS = {
    Change.ADD: provider_pb2.PropertyDiff.ADD_REPLACE,
    Change.UPDATE: provider_pb2.PropertyDiff.UPDATE_REPLACE,
    Change.DELETE: provider_pb2.PropertyDiff.DELETE_REPLACE,
}


class KubernetesProvider(ResourceProviderServicer):
    """One provider instance. The engine starts a process for each, and calls many methods at once."""

    def __init__(self, engine_address: str) -> None:
        self._log = EngineLog(engine_address)
        self._cancelled = threading.Event()
        self._session: Session | None = None

    def GetPluginInfo(self, request: Empty, context: grpc.ServicerContext) -> plugin_pb2.PluginInfo:  # noqa: ARG002, N802
        """The version, which must not be older than the SDK's."""
        return plugin_pb2.PluginInfo(version=VERSION)

    def Attach(self, request: plugin_pb2.PluginAttach, context: grpc.ServicerContext) -> Empty:  # noqa: ARG002, N802
        """The engine's address, when a person started this process (`PULUMI_DEBUG_PROVIDERS`)."""
        self._log.attach(request.address)
        return Empty()

    def Cancel(self, request: Empty, context: grpc.ServicerContext) -> Empty:  # noqa: ARG002, N802
        """End every wait. What is being waited for is recorded as not ready."""
        self._cancelled.set()
        return Empty()

    def GetSchema(  # noqa: N802
        self,
        request: provider_pb2.GetSchemaRequest,  # noqa: ARG002
        context: grpc.ServicerContext,  # noqa: ARG002
    ) -> provider_pb2.GetSchemaResponse:
        """A valid schema without types: the engine itself never reads it."""
        return provider_pb2.GetSchemaResponse(schema=SCHEMA)

    def CheckConfig(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """Whether the provider's own inputs can be used."""
        with _reported(context):
            failures = check_config(decode(request.news).value)
            return provider_pb2.CheckResponse(inputs=request.news, failures=_failures(failures))

    def DiffConfig(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """Whether changed inputs of the provider mean another cluster."""
        with _reported(context):
            olds, news = decode(request.olds).value, decode(request.news).value
            changed = changed_config_keys(olds, news)
            return provider_pb2.DiffResponse(
                changes=_changes(bool(changed)), replaces=replacing_config_keys(olds, news), diffs=changed
            )

    def Configure(  # noqa: N802
        self, request: provider_pb2.ConfigureRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConfigureResponse:
        """Take the settings. No network: an unreachable cluster fails the call that needs it."""
        with _reported(context):
            settings = parse_settings(config_values(request.variables, decode(request.args).value))
            self._session = Session(settings, self._log, self._cancelled)
            return provider_pb2.ConfigureResponse(
                acceptSecrets=True,
                supportsPreview=True,
                acceptResources=False,
                acceptOutputs=False,
                supports_autonaming_configuration=True,
            )

    def Check(  # noqa: N802
        self, request: provider_pb2.CheckRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CheckResponse:
        """The object, named, placed and normalised."""
        news = decode(request.news)
        with _reported(context, news):
            session = self._configured()
            checked = check_object(
                _identity(request.urn),
                news,
                decode(request.olds).value,
                request.randomSeed,
                _autonaming(request),
                lambda: session.api.discovery,
                session.default_namespace,
            )
            return provider_pb2.CheckResponse(
                inputs=encode(checked.inputs, checked.secret), failures=_failures(checked.failures)
            )

    def Diff(  # noqa: N802
        self, request: provider_pb2.DiffRequest, context: grpc.ServicerContext
    ) -> provider_pb2.DiffResponse:
        """What would change, and whether in place."""
        olds, news = decode(request.olds), decode(request.news)
        with _reported(context, news, olds):
            found = diff_object(
                olds.value,
                news.value,
                request.ignoreChanges,
                self._configured().settings,
                has_unknown=news.has_unknown,
            )
            response = provider_pb2.DiffResponse(
                changes=_changes(bool(found.changes)),
                replaces=[format_path(path) for path in found.replaces],
                diffs=sorted({str(path[0]) for path in found.changes}),
                deleteBeforeReplace=found.delete_before_replace,
                hasDetailedDiff=True,
            )
            for path, change in found.changes.items():
                kinds = _REPLACING_KINDS if path in found.replaces else _KINDS
                response.detailedDiff[format_path(path)].kind = kinds[change]
            return response

    def Create(  # noqa: N802
        self, request: provider_pb2.CreateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.CreateResponse:
        """Make the object and wait for it; in a preview, say what it would be."""
        inputs = decode(request.properties)
        with _reported(context, inputs):
            operation = self._configured().operation(request.urn, request.timeout)
            if request.preview:
                outputs = preview_create(operation, inputs)
                return provider_pb2.CreateResponse(properties=encode(outputs, inputs.secret))
            written = create_object(operation, inputs.value, _state_mask(inputs))
            return provider_pb2.CreateResponse(id=written.object_id, properties=_state(written))

    def Read(  # noqa: N802
        self, request: provider_pb2.ReadRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ReadResponse:
        """The object as it is; an empty answer when it is gone."""
        outputs, inputs = decode(request.properties), decode(request.inputs)
        with _reported(context, outputs, inputs):
            session = self._configured()
            operation = session.operation(request.urn, request.timeout)
            try:
                found = read_object(operation, request.id, _identity(request.urn).type_token, outputs, inputs)
            except Unreachable as error:
                if not session.settings.delete_unreachable:
                    raise
                self._log.warn(request.urn, f"dropped from the state: {error.message}")
                return provider_pb2.ReadResponse()
            if found is None:
                return provider_pb2.ReadResponse()
            return provider_pb2.ReadResponse(
                id=found.object_id, properties=_state(found), inputs=encode(found.inputs, found.secret)
            )

    def Update(  # noqa: N802
        self, request: provider_pb2.UpdateRequest, context: grpc.ServicerContext
    ) -> provider_pb2.UpdateResponse:
        """Change the object in place and wait for it; in a preview, say what it would be."""
        olds, news = decode(request.olds), decode(request.news)
        with _reported(context, news, olds):
            operation = self._configured().operation(request.urn, request.timeout)
            if request.preview:
                live = preview_update(operation, olds.value, news, request.ignoreChanges)
                return provider_pb2.UpdateResponse(properties=encode(live, _state_mask(news)))
            written = update_object(operation, olds.value, news.value, _state_mask(news), request.ignoreChanges)
            return provider_pb2.UpdateResponse(properties=_state(written))

    def Delete(self, request: provider_pb2.DeleteRequest, context: grpc.ServicerContext) -> Empty:  # noqa: N802
        """Remove the object and wait until it is gone."""
        outputs = decode(request.properties)
        with _reported(context, outputs):
            session = self._configured()
            try:
                delete_object(session.operation(request.urn, request.timeout), request.id, outputs.value)
            except Unreachable as error:
                if not session.settings.delete_unreachable:
                    raise
                self._log.warn(request.urn, f"dropped from the state without deletion: {error.message}")
            return Empty()

    def Invoke(  # noqa: N802
        self, request: provider_pb2.InvokeRequest, context: grpc.ServicerContext
    ) -> provider_pb2.InvokeResponse:
        """Functions are the official plugin's: Helm, Kustomize, YAML."""
        with _reported(context):
            raise _official_only(request.tok)

    def Construct(  # noqa: N802
        self, request: provider_pb2.ConstructRequest, context: grpc.ServicerContext
    ) -> provider_pb2.ConstructResponse:
        """Component resources are the official plugin's: Helm, Kustomize, YAML."""
        with _reported(context):
            raise _official_only(request.type)

    def _configured(self) -> Session:
        if self._session is None:
            raise InvalidInput("the provider was used before Configure", resolution="run the same again")
        return self._session


@contextmanager
def _reported(context: grpc.ServicerContext, *properties: Properties) -> Iterator[None]:
    """Errors of ours become the RPC's, with every secret of the request blanked."""
    try:
        yield
    except NdcopsError as error:
        secrets: set[str] = set()
        for each in properties:
            secrets |= secret_texts(each.value, _state_mask(each))
        abort(context, error, redacted(error_text(error), secrets))


def _state_mask(properties: Properties) -> Mask:
    return secret_mask(properties.value, properties.secret)


def _state(written: Written) -> Struct:
    return encode(written.outputs, output_mask(written.outputs, written.secret))


def output_mask(outputs: JsonObject, secret: Mask) -> Mask:
    """Secret in the inputs is secret in the live object and in the copy of the inputs."""
    if secret is True:
        return True
    mask = secret_mask(outputs, secret)
    if not isinstance(mask, dict):
        return mask
    plain = (API_VERSION_KEY, FIELD_MANAGER_KEY)
    return {**{key: inner for key, inner in mask.items() if key not in plain}, INPUTS_KEY: merged(secret, mask)}


def _identity(urn: str) -> Identity:
    """Type token and name: urn:pulumi:STACK::PROJECT::PARENT$TYPE::NAME."""
    parts = urn.split("::", 3)
    return Identity(type_token=parts[2].rpartition("$")[2], name=parts[3])


def _autonaming(request: provider_pb2.CheckRequest) -> Autonaming | None:
    if not request.HasField("autonaming"):
        return None
    return Autonaming(_NAMING[request.autonaming.mode], request.autonaming.proposed_name)


def _failures(failures: "list[tuple[str, str]] | tuple[tuple[str, str], ...]") -> list[provider_pb2.CheckFailure]:
    return [provider_pb2.CheckFailure(property=name, reason=reason) for name, reason in failures]


def _changes(different: bool) -> "provider_pb2.DiffResponse.DiffChanges.ValueType":
    return provider_pb2.DiffResponse.DIFF_SOME if different else provider_pb2.DiffResponse.DIFF_NONE


def _official_only(what: str) -> InvalidInput:
    return InvalidInput(
        f"{what} is not part of ndcops' Kubernetes provider",
        resolution="declare the objects themselves, or install the official pulumi-resource-kubernetes plugin",
    )
