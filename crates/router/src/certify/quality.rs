//! Reads a quality as people write it.

use std::str::FromStr;

use super::Quality;

/// Why a text names no quality.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum QualityError {
    /// Another form.
    #[error("{0:?} is not a target; write precision=0.95,recall=0.9 or accuracy=0.95 or f1=0.9")]
    Form(String),
    /// Nothing can be certified there.
    #[error("a target must be between 0 and 1, got {0}")]
    Range(String),
}

/// `accuracy=X`, `precision=X`, `recall=X`, `precision=X,recall=Y` or `f1=X`, each between 0 and 1.
impl FromStr for Quality {
    type Err = QualityError;
    fn from_str(text: &str) -> Result<Self, QualityError> {
        let wrong = || QualityError::Form(text.to_owned());
        let mut parts = Vec::new();
        for part in text.split(',') {
            let (name, value) = part.split_once('=').ok_or_else(wrong)?;
            let value: f64 = value.trim().parse().map_err(|_| wrong())?;
            if !(value > 0.0 && value < 1.0) {
                return Err(QualityError::Range(value.to_string()));
            }
            parts.push((name.trim().to_ascii_lowercase(), value));
        }
        parts.sort_by(|x, y| x.0.cmp(&y.0));
        let parts: Vec<(&str, f64)> = parts
            .iter()
            .map(|(name, value)| (name.as_str(), *value))
            .collect();
        match parts[..] {
            [("accuracy", value)] => Ok(Self::Accuracy(value)),
            [("precision", value)] => Ok(Self::Precision(value)),
            [("recall", value)] => Ok(Self::Recall(value)),
            [("f1", value)] => Ok(Self::F1(value)),
            [("precision", precision), ("recall", recall)] => {
                Ok(Self::PrecisionRecall { precision, recall })
            }
            _ => Err(wrong()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_write_is_read() {
        assert_eq!("f1=0.9".parse(), Ok(Quality::F1(0.9)));
        assert_eq!(
            "recall=0.9, Precision=0.95".parse(),
            Ok(Quality::PrecisionRecall {
                precision: 0.95,
                recall: 0.9
            })
        );
        assert!(matches!(
            "0.9".parse::<Quality>(),
            Err(QualityError::Form(_))
        ));
        assert!(matches!(
            "f1=90".parse::<Quality>(),
            Err(QualityError::Range(_))
        ));
    }
}
