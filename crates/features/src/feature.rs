//! The list of features: names and groups.

/// A family of features that is switched on or off as one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// The embedding's own similarity.
    Cosine,
    /// Shared and unshared words, by rarity.
    Words,
    /// Numbers that agree or differ.
    Numbers,
    /// Words that deny, on one side only.
    Negation,
    /// Side, place, grade; designators; words that exclude each other.
    Markers,
    /// How much longer one text is.
    Length,
    /// Character trigrams.
    Trigrams,
    /// One text abbreviates the other.
    Acronym,
    /// Codes such as model numbers.
    Codes,
    /// Words spelled alike, stems.
    Spelling,
    /// Records, field by field.
    Fields,
    /// What clinical texts say: concepts, and where they contradict each other.
    Clinical,
    /// What questions ask for.
    Asks,
}

impl Group {
    /// Every group, in the order of the columns.
    pub const ALL: [Self; 13] = [
        Self::Cosine,
        Self::Words,
        Self::Numbers,
        Self::Negation,
        Self::Markers,
        Self::Length,
        Self::Trigrams,
        Self::Acronym,
        Self::Codes,
        Self::Spelling,
        Self::Fields,
        Self::Clinical,
        Self::Asks,
    ];

    /// True where the group's features can't be had without an embedding.
    pub fn needs_cosine(self) -> bool {
        self == Self::Cosine
    }

    /// The word used in flags and files.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cosine => "cosine",
            Self::Words => "words",
            Self::Numbers => "numbers",
            Self::Negation => "negation",
            Self::Markers => "markers",
            Self::Length => "length",
            Self::Trigrams => "trigrams",
            Self::Acronym => "acronym",
            Self::Codes => "codes",
            Self::Spelling => "spelling",
            Self::Fields => "fields",
            Self::Clinical => "clinical",
            Self::Asks => "asks",
        }
    }
}

/// Number of features.
pub const COUNT: usize = FEATURES.len();

/// Every feature by name, in the order of the columns.
pub const FEATURES: [(&str, Group); 81] = [
    ("cosine", Group::Cosine),
    ("idf_jaccard", Group::Words),
    ("contained_in_smaller", Group::Words),
    ("contained_in_larger", Group::Words),
    ("rarest_shared", Group::Words),
    ("rarest_only_smaller", Group::Words),
    ("rarest_only_larger", Group::Words),
    ("words_only_smaller", Group::Words),
    ("words_only_larger", Group::Words),
    ("same_words", Group::Words),
    ("subset", Group::Words),
    ("same_first_word", Group::Words),
    ("same_last_word", Group::Words),
    ("numbers_shared", Group::Numbers),
    ("numbers_differing", Group::Numbers),
    ("numbers_conflict", Group::Numbers),
    ("negation_difference", Group::Negation),
    ("marker_difference", Group::Markers),
    ("designators_smaller", Group::Markers),
    ("designators_larger", Group::Markers),
    ("opposites", Group::Markers),
    ("length_ratio", Group::Length),
    ("length_smaller", Group::Length),
    ("trigram_overlap", Group::Trigrams),
    ("acronym", Group::Acronym),
    ("code_shared", Group::Codes),
    ("code_conflict", Group::Codes),
    ("code_prefix", Group::Codes),
    ("stem_jaccard", Group::Spelling),
    ("stem_contained", Group::Spelling),
    ("soft_contained_in_smaller", Group::Spelling),
    ("soft_contained_in_larger", Group::Spelling),
    ("field_mean", Group::Fields),
    ("field_smallest", Group::Fields),
    ("field_largest", Group::Fields),
    ("fields_equal", Group::Fields),
    ("fields_conflicting", Group::Fields),
    ("field_number_difference", Group::Fields),
    ("first_field_jaccard", Group::Fields),
    ("first_field_contained", Group::Fields),
    ("first_field_rarest_shared", Group::Fields),
    ("first_field_rarest_only_smaller", Group::Fields),
    ("first_field_rarest_only_larger", Group::Fields),
    ("first_field_trigrams", Group::Fields),
    ("concept_jaccard", Group::Clinical),
    ("concepts_in_smaller", Group::Clinical),
    ("concepts_in_larger", Group::Clinical),
    ("concepts_related", Group::Clinical),
    ("concept_rarest_shared", Group::Clinical),
    ("concepts_reworded", Group::Clinical),
    ("concepts_only_smaller", Group::Clinical),
    ("concepts_only_larger", Group::Clinical),
    ("name_same", Group::Clinical),
    ("name_other", Group::Clinical),
    ("name_related", Group::Clinical),
    ("age_same", Group::Clinical),
    ("age_gap", Group::Clinical),
    ("sex_same", Group::Clinical),
    ("sex_conflict", Group::Clinical),
    ("birth_same", Group::Clinical),
    ("birth_conflict", Group::Clinical),
    ("side_same", Group::Clinical),
    ("side_conflict", Group::Clinical),
    ("status_conflict", Group::Clinical),
    ("dose_same", Group::Clinical),
    ("dose_conflict", Group::Clinical),
    ("lab_same", Group::Clinical),
    ("lab_conflict", Group::Clinical),
    ("event_year_same", Group::Clinical),
    ("event_year_conflict", Group::Clinical),
    ("years_shared", Group::Clinical),
    ("blood_same", Group::Clinical),
    ("blood_conflict", Group::Clinical),
    ("allergy_same", Group::Clinical),
    ("allergy_conflict", Group::Clinical),
    ("kind_conflict", Group::Clinical),
    ("occupation_same", Group::Clinical),
    ("occupation_other", Group::Clinical),
    ("asks_shared", Group::Asks),
    ("asks_other", Group::Asks),
    ("asks_form_differs", Group::Asks),
];

/// What only lists tell, by name: how a pair stands among the other candidates of its two records. Similarity (cosine of
/// the embeddings; of the tf-idf words) less the best other one, and the natural logarithm of the rank among the best,
/// each for the record where it is smaller and where it is larger. Not in [`FEATURES`]: a loose pair has none of them.
pub const NEIGHBOURS: [&str; 8] = [
    "cosine_margin_smaller",
    "cosine_margin_larger",
    "cosine_rank_smaller",
    "cosine_rank_larger",
    "words_margin_smaller",
    "words_margin_larger",
    "words_rank_smaller",
    "words_rank_larger",
];
