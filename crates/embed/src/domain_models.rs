//! Embedding models for clinical and biomedical texts that a folder can hold: no catalogue has them in ONNX. None was tried with midband.

use crate::model::Pooling;

/// A model that is not in the catalogue: export it to ONNX, and name its folder.
#[derive(Clone, Copy, Debug)]
pub struct DomainModel {
    /// Repository on the hub.
    pub repository: &'static str,
    /// Numbers in a vector.
    pub width: usize,
    /// How it makes one vector of a text, as its own page says.
    pub pooling: Pooling,
    /// License, as its own page states it.
    pub license: &'static str,
    /// What it was trained for, in a few words.
    pub description: &'static str,
}

/// The models, by repository. Widths, pooling and licenses as published by November 2026; no weights were downloaded.
pub const DOMAIN_MODELS: [DomainModel; 8] = [
    DomainModel {
        repository: "abhinand/MedEmbed-base-v0.1",
        width: 768,
        pooling: Pooling::Cls,
        license: "apache-2.0",
        description: "clinical notes, for retrieval",
    },
    DomainModel {
        repository: "abhinand/MedEmbed-small-v0.1",
        width: 384,
        pooling: Pooling::Cls,
        license: "apache-2.0",
        description: "clinical notes, for retrieval; small",
    },
    DomainModel {
        repository: "cambridgeltl/SapBERT-from-PubMedBERT-fulltext",
        width: 768,
        pooling: Pooling::Cls,
        license: "apache-2.0",
        description: "names of biomedical concepts",
    },
    DomainModel {
        repository: "FremyCompany/BioLORD-2023",
        width: 768,
        pooling: Pooling::Mean,
        license: "UMLS and SNOMED CT licenses",
        description: "clinical sentences and names of concepts",
    },
    DomainModel {
        repository: "ncbi/MedCPT-Query-Encoder",
        width: 768,
        pooling: Pooling::Cls,
        license: "public domain",
        description: "questions and queries to PubMed",
    },
    DomainModel {
        repository: "NeuML/biomedbert-small-embeddings",
        width: 384,
        pooling: Pooling::Mean,
        license: "apache-2.0",
        description: "medical literature; small",
    },
    DomainModel {
        repository: "NeuML/pubmedbert-base-embeddings",
        width: 768,
        pooling: Pooling::Mean,
        license: "apache-2.0",
        description: "medical literature",
    },
    DomainModel {
        repository: "pritamdeka/S-PubMedBert-MS-MARCO",
        width: 768,
        pooling: Pooling::Mean,
        license: "cc-by-nc-2.0",
        description: "questions on medical texts",
    },
];
