//! Numbers with units: one unit a quantity.

/// Units by quantity: name, how many base units it is, the base unit. SI and the international yard and pound (1959); storage in
/// the decimal prefixes that goods are sold by.
const UNITS: [(&str, f64, &str); 46] = [
    ("mm", 0.001, "m"),
    ("cm", 0.01, "m"),
    ("dm", 0.1, "m"),
    ("m", 1.0, "m"),
    ("meter", 1.0, "m"),
    ("metre", 1.0, "m"),
    ("km", 1000.0, "m"),
    ("in", 0.0254, "m"),
    ("inch", 0.0254, "m"),
    ("inches", 0.0254, "m"),
    ("zoll", 0.0254, "m"),
    ("\"", 0.0254, "m"),
    ("ft", 0.3048, "m"),
    ("feet", 0.3048, "m"),
    ("yd", 0.9144, "m"),
    ("mg", 0.000_001, "kg"),
    ("g", 0.001, "kg"),
    ("gr", 0.001, "kg"),
    ("gram", 0.001, "kg"),
    ("grams", 0.001, "kg"),
    ("kg", 1.0, "kg"),
    ("oz", 0.028_349_523, "kg"),
    ("lb", 0.453_592_37, "kg"),
    ("lbs", 0.453_592_37, "kg"),
    ("ml", 0.001, "l"),
    ("cl", 0.01, "l"),
    ("dl", 0.1, "l"),
    ("l", 1.0, "l"),
    ("liter", 1.0, "l"),
    ("litre", 1.0, "l"),
    ("liters", 1.0, "l"),
    ("litres", 1.0, "l"),
    ("kb", 0.000_001, "gb"),
    ("mb", 0.001, "gb"),
    ("gb", 1.0, "gb"),
    ("tb", 1000.0, "gb"),
    ("w", 1.0, "w"),
    ("watt", 1.0, "w"),
    ("watts", 1.0, "w"),
    ("kw", 1000.0, "w"),
    ("min", 1.0, "min"),
    ("mins", 1.0, "min"),
    ("minutes", 1.0, "min"),
    ("h", 60.0, "min"),
    ("hours", 60.0, "min"),
    ("sec", 1.0 / 60.0, "min"),
];

/// The number in the base unit of its quantity, with up to nine decimals, and that unit; others stay as they are.
pub(crate) fn in_base(number: f64, unit: &str) -> (f64, &str) {
    let unit = unit.trim_end_matches('.');
    match UNITS.iter().find(|(name, ..)| *name == unit) {
        Some((_, factor, base)) => ((number * factor * 1e9).round() / 1e9, base),
        None => (number, unit),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_quantity_is_one_number() {
        let of = |number, unit| in_base(number, unit);
        for (a, b) in [
            ((40.0, "cm"), (0.4, "m")),
            ((30.0, "cm"), (300.0, "mm")),
            ((1.5, "l"), (1500.0, "ml")),
            ((0.5, "tb"), (500.0, "gb")),
            ((2.0, "kg"), (2000.0, "g")),
            ((3.0, "pcs."), (3.0, "pcs")),
        ] {
            assert_eq!(of(a.0, a.1), of(b.0, b.1), "{a:?}");
        }
        assert_ne!(of(1.0, "kg").1, of(1.0, "l").1);
        assert_eq!(of(12.0, ""), (12.0, ""));
    }
}
