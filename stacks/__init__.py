"""The Pulumi projects of a site, one folder a layer; they know `ndcops.model` and nothing else of ndcops."""
