//! Calibrations: what is read is written and read back the same, and its numbers can be used.

#![no_main]

use libfuzzer_sys::fuzz_target;
use midband::model::Calibration;

fuzz_target!(|text: &str| {
    if let Ok(calibration) = Calibration::from_json(text) {
        let row = vec![0.5; calibration.proxy.columns.len()];
        let _ = calibration.proxy.logit(&row);
        let again = calibration
            .to_json()
            .ok()
            .map(|text| Calibration::from_json(&text));
        assert!(matches!(again, Some(Ok(again)) if again == calibration));
    }
});
