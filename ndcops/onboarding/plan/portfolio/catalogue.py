"""The register as a DCAT-AP catalogue in JSON-LD (W3C DCAT 3, DCAT-AP 3), for the national data portal.

Open and shared data sets alone: a private one is named nowhere, nor is a column that its audience may not know.
Quality measurements go as dqv, kinds of personal data as dpv.
"""

from collections.abc import Iterator, Sequence

from ndcops.model.document import Text
from ndcops.model.dossier import Dataset, Dossier, Importance, Scope, Sharing
from ndcops.model.record import JsonObject

BASE = "https://data.gov.vn/id"
"""Where the portal gives things their names."""

_CONTEXT: JsonObject = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "dcatap": "http://data.europa.eu/r5r/",
    "dqv": "http://www.w3.org/ns/dqv#",
    "dpv": "https://w3id.org/dpv#",
    "csvw": "http://www.w3.org/ns/csvw#",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "vcard": "http://www.w3.org/2006/vcard/ns#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_ACCESS = "http://publications.europa.eu/resource/authority/access-right"
_SCOPES_SEEN = {
    Sharing.OPEN: (Scope.PUBLIC,),
    Sharing.SHARED: (Scope.PUBLIC, Scope.INTER_AGENCY),
    Sharing.PRIVATE: (),
}
"""Whose columns are listed; one without a scope is not."""

_IMPORTANCE_BASIS = "https://data.gov.vn/id/importance"


def dcat_catalogue(dossiers: Sequence[Dossier]) -> JsonObject:
    """The catalogue as one JSON-LD document. Floats appear nowhere: shares are decimals in text."""
    ordered = sorted(dossiers, key=lambda dossier: dossier.id)
    datasets = [node for dossier in ordered for node in _datasets(dossier)]
    return {
        "@context": _CONTEXT,
        "@id": f"{BASE}/catalogue",
        "@type": "dcat:Catalog",
        "dct:title": _texts(
            Text(vi="Danh mục dữ liệu tại Trung tâm Dữ liệu quốc gia", en="Data of the National Data Centres")
        ),
        "dct:description": _texts(
            Text(
                vi="Lập từ hồ sơ các cơ quan đã đăng ký với Trung tâm Dữ liệu quốc gia",
                en="Made from the dossiers that agencies registered with the National Data Centres",
            )
        ),
        "dct:publisher": {"@id": f"{BASE}/agency/trung-tam-du-lieu-quoc-gia"},
        "dct:language": ["vi", "en"],
        "dcat:dataset": datasets,
        "dcat:service": [node for dossier in ordered for node in _services(dossier)],
    }


def _datasets(dossier: Dossier) -> Iterator[JsonObject]:
    for dataset in dossier.datasets:
        if dataset.sharing in (Sharing.OPEN, Sharing.SHARED):
            yield _dataset(dossier, dataset)


def _dataset(dossier: Dossier, dataset: Dataset) -> JsonObject:
    node: JsonObject = {
        "@id": _iri(dossier, dataset),
        "@type": "dcat:Dataset",
        "dct:identifier": f"{dossier.id}/{dataset.id}",
        "dct:title": _texts(dataset.title),
        "dct:description": _texts(dataset.title),
        "dct:publisher": _publisher(dossier),
        "dcat:contactPoint": _contact(dossier),
        "dct:accessRights": {"@id": f"{_ACCESS}/{_access_right(dataset)}"},
        "dct:modified": {"@type": "xsd:date", "@value": dossier.as_of.isoformat()},
        "dcatap:applicableLegislation": dataset.legal_basis,
        "dct:accrualPeriodicity": _period(dataset),
        "dcat:distribution": _distribution(dossier, dataset),
        "dqv:hasQualityMeasurement": [
            {
                "@type": "dqv:QualityMeasurement",
                "dqv:isMeasurementOf": {"@id": f"{BASE}/quality/{each.quality}"},
                "dqv:value": {
                    "@type": "xsd:decimal",
                    "@value": f"{each.share_ppm // 10**6}.{each.share_ppm % 10**6:06d}",
                },
            }
            for each in dataset.quality
        ],
        "dpv:hasPersonalData": sorted(
            {each.pii.value for each in dataset.fields if each.pii and each.pii.is_personal}
        ),
        "dct:type": {"@id": f"{_IMPORTANCE_BASIS}/{(dataset.importance or Importance.OTHER).value}"},
    }
    return {key: value for key, value in node.items() if value not in (None, [])}


def _iri(dossier: Dossier, dataset: Dataset) -> str:
    return f"{BASE}/dataset/{dossier.id}/{dataset.id}"


def _access_right(dataset: Dataset) -> str:
    return "PUBLIC" if dataset.sharing is Sharing.OPEN else "RESTRICTED"


def _period(dataset: Dataset) -> JsonObject | None:
    if dataset.update_every_days is None:
        return None
    return {"@type": "xsd:duration", "@value": f"P{dataset.update_every_days}D"}


def _distribution(dossier: Dossier, dataset: Dataset) -> list[JsonObject]:
    """One: the database behind it, with the columns that its audience may know."""
    database = next((each for each in dossier.databases if each.id == dataset.database), None)
    if database is None:
        return []
    node: JsonObject = {
        "@id": f"{_iri(dossier, dataset)}/distribution",
        "@type": "dcat:Distribution",
        "dct:title": _texts(dataset.title),
        "dcat:accessURL": {"@id": f"{_iri(dossier, dataset)}/access"},
        "csvw:column": [
            {"csvw:name": each.name, **({"dct:conformsTo": each.dictionary_term} if each.dictionary_term else {})}
            for each in dataset.fields
            if each.scope in _SCOPES_SEEN[dataset.sharing or Sharing.PRIVATE]
        ],
    }
    if database.size_bytes is not None:
        node["dcat:byteSize"] = {"@type": "xsd:nonNegativeInteger", "@value": str(database.size_bytes)}
    return [node]


def _services(dossier: Dossier) -> Iterator[JsonObject]:
    shared = {each.id for each in dossier.datasets if each.sharing in (Sharing.OPEN, Sharing.SHARED)}
    for number, integration in enumerate(dossier.integrations, start=1):
        served = [each for each in integration.datasets if each in shared]
        if not served:
            continue
        yield {
            "@id": f"{BASE}/service/{dossier.id}/{number}",
            "@type": "dcat:DataService",
            "dct:title": integration.service,
            "dct:publisher": _publisher(dossier),
            "dcat:endpointURL": {"@id": f"{BASE}/service/{dossier.id}/{number}/endpoint"},
            "dcat:servesDataset": [{"@id": f"{BASE}/dataset/{dossier.id}/{each}"} for each in served],
        }


def _publisher(dossier: Dossier) -> JsonObject:
    return {
        "@id": f"{BASE}/agency/{dossier.id}",
        "@type": "foaf:Agent",
        "foaf:name": _texts(dossier.title),
    }


def _contact(dossier: Dossier) -> JsonObject:
    """The agency, not a person: who answers is not the public's to know."""
    return {"@type": "vcard:Organization", "vcard:fn": dossier.title.vi}


def _texts(text: Text) -> list[JsonObject]:
    return [{"@language": "vi", "@value": text.vi}, {"@language": "en", "@value": text.en}]
