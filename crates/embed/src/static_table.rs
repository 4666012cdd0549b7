//! A vector for each entry of a model's vocabulary, on disk beside the model.
//!
//! The file is in the form of safetensors: `embeddings` (`i8`, one row an entry), `scales` (`f32`: what a row's numbers are
//! multiplied by) and `weights` (`f32`: the scale times the entry's usual weight). model2vec for Python reads it as it is.

use std::{borrow::Cow, collections::HashMap, path::Path};

use midband_core::ModelIdentity;
use safetensors::{Dtype, SafeTensors, View, serialize};

use crate::model::ModelError;

/// The file's name in a model's folder.
pub(crate) const TABLE: &str = "static.safetensors";

/// Version of the file's form.
const VERSION: &str = "1";

/// A vector an entry of the vocabulary, row by row, in 8 bits a number.
pub struct StaticTable {
    /// The model that it was distilled from.
    pub(crate) model: ModelIdentity,
    /// Numbers in a row.
    pub(crate) width: usize,
    pub(crate) rows: Vec<i8>,
    pub(crate) scales: Vec<f32>,
    /// Scales times the usual weights.
    pub(crate) weights: Vec<f32>,
}

impl StaticTable {
    /// Entries of the vocabulary.
    pub fn len(&self) -> usize {
        self.scales.len()
    }

    /// True where there is no entry.
    pub fn is_empty(&self) -> bool {
        self.scales.is_empty()
    }

    /// Numbers in a vector.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The row of an entry, before its weight.
    pub(crate) fn row(&self, entry: usize) -> &[i8] {
        self.rows
            .get(entry * self.width..(entry + 1) * self.width)
            .unwrap_or(&[])
    }

    /// The file's bytes.
    pub(crate) fn to_bytes(&self) -> Result<Vec<u8>, String> {
        let floats = |values: &[f32]| values.iter().flat_map(|x| x.to_le_bytes()).collect();
        let (entries, width) = (self.len(), self.width);
        let tensors = [
            (
                "embeddings",
                Tensor::new(
                    Dtype::I8,
                    vec![entries, width],
                    self.rows.iter().map(|x| x.cast_unsigned()).collect(),
                ),
            ),
            (
                "scales",
                Tensor::new(Dtype::F32, vec![entries], floats(&self.scales)),
            ),
            (
                "weights",
                Tensor::new(Dtype::F32, vec![entries], floats(&self.weights)),
            ),
        ];
        let about = HashMap::from([(
            "midband".to_owned(),
            // One entry: the order of a map's would change from run to run.
            serde_json::json!({"version": VERSION, "model": self.model.name, "digest": self.model.digest})
                .to_string(),
        )]);
        serialize(tensors, Some(about)).map_err(|error| error.to_string())
    }

    /// Reads a file's bytes.
    pub(crate) fn from_bytes(bytes: &[u8], path: &Path) -> Result<Self, ModelError> {
        Self::read(bytes).map_err(|why| ModelError::Malformed {
            path: path.to_path_buf(),
            why,
        })
    }

    fn read(bytes: &[u8]) -> Result<Self, String> {
        let said = |error: safetensors::SafeTensorError| error.to_string();
        let (_, header) = SafeTensors::read_metadata(bytes).map_err(said)?;
        let about = header
            .metadata()
            .as_ref()
            .and_then(|all| all.get("midband"));
        let about: serde_json::Value = about
            .and_then(|text| serde_json::from_str(text).ok())
            .ok_or("it does not say which model it is of")?;
        if about["version"] != VERSION {
            return Err(format!("this midband reads version {VERSION}"));
        }
        let word = |name: &str| about[name].as_str().unwrap_or_default().to_owned();
        let tensors = SafeTensors::deserialize(bytes).map_err(said)?;
        let tensor = |name: &str, kind| {
            let found = tensors.tensor(name).map_err(said)?;
            if found.dtype() == kind {
                Ok((found.shape().to_vec(), found.data()))
            } else {
                Err(format!("{name} holds numbers of another kind"))
            }
        };
        let floats = |name: &str, entries: usize| {
            let (shape, data) = tensor(name, Dtype::F32)?;
            let (numbers, _) = data.as_chunks::<4>();
            let numbers: Vec<f32> = numbers.iter().map(|&x| f32::from_le_bytes(x)).collect();
            if shape == [entries] && numbers.iter().all(|x| x.is_finite()) {
                Ok(numbers)
            } else {
                Err(format!("{name} does not hold a number for each row"))
            }
        };
        let (shape, data) = tensor("embeddings", Dtype::I8)?;
        let [entries, width] = shape[..] else {
            return Err("embeddings is not a table".to_owned());
        };
        Ok(Self {
            model: ModelIdentity {
                name: word("model"),
                digest: word("digest"),
            },
            width,
            rows: data.iter().map(|byte| byte.cast_signed()).collect(),
            scales: floats("scales", entries)?,
            weights: floats("weights", entries)?,
        })
    }
}

/// What safetensors writes.
struct Tensor {
    kind: Dtype,
    shape: Vec<usize>,
    data: Vec<u8>,
}

impl Tensor {
    fn new(kind: Dtype, shape: Vec<usize>, data: Vec<u8>) -> Self {
        Self { kind, shape, data }
    }
}

impl View for Tensor {
    fn dtype(&self) -> Dtype {
        self.kind
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.data)
    }
    fn data_len(&self) -> usize {
        self.data.len()
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::quantized_table::usual_weights;
    use proptest::prelude::*;

    fn table(values: Vec<f64>, width: usize) -> StaticTable {
        let vectors = Array2::from_shape_vec((values.len() / width, width), values).unwrap();
        let model = ModelIdentity {
            name: "of a test".into(),
            digest: "none".into(),
        };
        StaticTable::rounded(&vectors, |entry| entry == 0, model)
    }

    proptest! {
        #[test]
        fn a_file_reads_back_and_rounding_stays_within_half_a_step(values in prop::collection::vec(-9.0..9.0f64, 4..40)) {
            let values = values[..values.len() / 4 * 4].to_vec();
            let kept = table(values.clone(), 4);
            let bytes = kept.to_bytes().unwrap();
            let read = StaticTable::from_bytes(&bytes, Path::new("x")).unwrap();
            prop_assert_eq!(&read.rows, &kept.rows);
            prop_assert_eq!((&read.scales, &read.weights), (&kept.scales, &kept.weights));
            prop_assert_eq!(&read.model, &kept.model);
            prop_assert_eq!(read.to_bytes().unwrap(), bytes);
            for (entry, row) in values.chunks(4).enumerate() {
                for (value, number) in row.iter().zip(read.row(entry)) {
                    let scale = f64::from(read.scales[entry]);
                    prop_assert!((value - f64::from(*number) * scale).abs() <= scale * 0.501);
                }
            }
        }

        #[test]
        fn damaged_bytes_are_an_error_or_a_table(at in 0usize..400, byte in 0u8..=255) {
            let mut bytes = table((0..16).map(f64::from).collect(), 4).to_bytes().unwrap();
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Ok(read) = StaticTable::from_bytes(&bytes, Path::new("x")) {
                prop_assert_eq!(read.rows.len(), read.len() * read.width);
            }
        }
    }

    #[test]
    fn frequent_entries_weigh_less_and_silent_ones_nothing() {
        let weights: Vec<f32> = usual_weights(30_000).collect();
        assert!(weights.windows(2).all(|two| two[0] < two[1]));
        assert!(weights[0] < 0.01 && weights[29_999] > 0.9);
        let kept = table((0..16).map(f64::from).collect(), 4);
        assert_eq!(kept.weights[0], 0.0);
        assert!(kept.weights[1] > 0.0);
    }
}
