//! What goes wrong on demand.

use std::{fmt, str::FromStr};

macro_rules! faults {
    ($($variant:ident = $word:literal, $doc:literal;)+) => {
        /// One way in which a server or a model fails.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Fault { $(#[doc = $doc] $variant),+ }

        impl Fault {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the command line.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }
    };
}

faults! {
    Hang = "hang", "Never answers.";
    Drip = "drip", "Sends its answer a few bytes at a time, over minutes.";
    Error500 = "500", "500: the runner died.";
    Busy503 = "503", "503 with `Retry-After`: the queue is full.";
    Absent404 = "404", "404: the model is not there.";
    Reset = "reset", "Breaks the connection in the middle of the answer.";
    CutJson = "cut-json", "Stops in the middle of the answer, for want of tokens.";
    Prose = "prose", "Talks instead of answering.";
    Missing = "missing", "Leaves out one pair.";
    Duplicate = "duplicate", "Answers one pair twice, differently.";
    Extra = "extra", "Answers a pair that was not asked.";
    Nan = "nan", "Writes NaN for one pair.";
    OpenThought = "open-thought", "A thought that never closes.";
    NotDone = "not-done", "Gives up in the middle: 200 with `done: false`.";
    ErrorLine = "error-line", "200, then an error line in the body.";
    Unload = "unload", "Unloads the model first: the request waits for another load.";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Fault {
    type Err = String;
    fn from_str(word: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|fault| fault.as_str() == word)
            .ok_or_else(|| {
                let words: Vec<_> = Self::ALL.iter().map(|fault| fault.as_str()).collect();
                format!("{word:?} is none of {}", words.join(", "))
            })
    }
}

/// A fault and how often it strikes, 0..=1, as `KIND=RATE`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FaultRate {
    /// The fault.
    pub fault: Fault,
    /// Share of requests.
    pub rate: f64,
}

impl FromStr for FaultRate {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (kind, rate) = text.split_once('=').ok_or("write a fault as KIND=RATE")?;
        let rate: f64 = rate.parse().map_err(|_| format!("{rate:?} is no rate"))?;
        if !(0.0..=1.0).contains(&rate) {
            return Err(format!("a rate lies in 0..=1, got {rate}"));
        }
        Ok(Self {
            fault: kind.parse()?,
            rate,
        })
    }
}

/// The fault that strikes a request, given a number in 0..1 drawn for it.
pub(crate) fn strikes(rates: &[FaultRate], draw: f64) -> Option<Fault> {
    let mut below = 0.0;
    rates
        .iter()
        .find(|rate| {
            below += rate.rate;
            draw < below
        })
        .map(|rate| rate.fault)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_read_back_and_rates_add_up() {
        for fault in Fault::ALL {
            assert_eq!(fault.as_str().parse(), Ok(*fault));
        }
        let rates: Vec<FaultRate> = ["hang=0.1", "500=0.2"]
            .map(|rate| rate.parse().unwrap())
            .to_vec();
        assert_eq!(strikes(&rates, 0.05), Some(Fault::Hang));
        assert_eq!(strikes(&rates, 0.25), Some(Fault::Error500));
        assert_eq!(strikes(&rates, 0.31), None);
        assert!("hang=2".parse::<FaultRate>().is_err());
    }
}
