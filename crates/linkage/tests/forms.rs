//! Dates, missing values, types of columns.

use midband_linkage::{
    ColumnType, TableBuilder,
    dates::{Notation, date, from_serial, notation, parse},
    infer,
    missing::is_missing,
    normalise,
};

#[test]
fn one_day_in_many_notations() {
    let day = date(1933, 9, 29);
    for text in [
        "1933-09-29",
        "1933/09/29",
        "1933.9.29",
        "19330929",
        "29/09/1933",
        "29.9.1933",
        "29-09-1933",
        "29 Sep 1933",
        "29 September 1933",
        "Sep 29, 1933",
        "september 29th, 1933",
        "29-SEP-33",
        "29SEP1933",
        "29sep33",
        "29SEP1933:12:30:00",
        "29 SEP 1933",
        "29-Sep-1933",
        "19330929.0",
        "29/09/33",
        "1933-09-29T00:00:00Z",
        "1933-09-29 12:30:00",
        "29091933",
        "09/29/1933",
        "29. September 1933",
        "29 sept. 1933",
        "29 de septiembre de 1933",
        "29 settembre 1933",
        "1933年9月29日",
        "1933年09月29日",
    ] {
        assert_eq!(parse(text, Notation::DayFirst), day, "{text}");
    }
    assert_eq!(parse("09/29/1933", Notation::MonthFirst), day);
    assert_eq!(parse("03/04/1990", Notation::DayFirst), date(1990, 4, 3));
    assert_eq!(parse("03/04/1990", Notation::MonthFirst), date(1990, 3, 4));
    let months = "Jän Févr Märzen März Avril Mai juin Juillet août Sept Oktober Nov Déc enero abr giu ago dez";
    let read: Vec<Option<u8>> = (months.split(' '))
        .map(|month| parse(&format!("3. {month} 1990"), Notation::DayFirst).map(|date| date.month))
        .collect();
    let numbers = [1, 2, 0, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 4, 6, 8, 12];
    assert_eq!(read, numbers.map(|month| (month > 0).then_some(month)));
    assert_eq!(
        parse("3 jui 1990", Notation::DayFirst),
        None,
        "June and July"
    );
    assert_eq!(parse("12326", Notation::Serial), date(1933, 9, 29));
    assert_eq!(parse("12326.0", Notation::Serial), date(1933, 9, 29));
    assert_eq!(Some(from_serial(60_676)), date(2066, 2, 13));
    for text in [
        "",
        "1933",
        "1933-02-30",
        "31/31/1990",
        "abc",
        "12-1990",
        "1-2-3-4",
        "19331329",
        "29 Foo 1933",
        "29FOO1933",
        "31FEB1990",
        "129SEP1933",
        "12326.0",
        "12326.50",
        "٢٩",
    ] {
        assert_eq!(parse(text, Notation::DayFirst), None, "{text}");
    }
}

#[test]
fn the_column_says_which_comes_first() {
    assert_eq!(
        notation(["01/02/1990", "05/23/1991", "07/31/1980"].into_iter()),
        Notation::MonthFirst
    );
    assert_eq!(
        notation(["01/02/1990", "23/05/1991"].into_iter()),
        Notation::DayFirst
    );
    assert_eq!(
        notation(["12326", "30000", "41000"].into_iter()),
        Notation::Serial
    );
    assert_eq!(
        notation(["12326.0", "30000.0", "41000.0"].into_iter()),
        Notation::Serial
    );
}

#[test]
fn spellings_of_no_value() {
    for text in [
        "",
        " ",
        "NULL",
        "nan",
        "N/A",
        "n.a.",
        "-",
        "--",
        "?",
        "unknown",
        "None",
        "9999-12-31",
        "<missing>",
        "#N/A",
        "NA",
        "k.A.",
        "unbekannt",
        "Non renseigné",
        "desconocido",
        "не указано",
    ] {
        assert!(is_missing(text), "{text}");
    }
    for text in ["0", "Na", "Anna", "Nunez", "1900-01-02", "No"] {
        assert!(!is_missing(text), "{text}");
    }
}

#[test]
fn notation_is_taken_away() {
    assert_eq!(
        normalise::text("  O’Brien-Müller, ＪＲ. "),
        "obrien muller jr"
    );
    assert_eq!(
        normalise::phone("+1 (713) 575-0606"),
        normalise::phone("713.575.0606x12")
    );
    assert_eq!(normalise::postcode("12345-6789"), "12345");
    assert_eq!(normalise::code("4510.0"), "4510");
    assert_eq!(normalise::street("12 North Street"), "12 n st");
    assert_eq!(
        normalise::number("$1,234.50"),
        Some((1234.5, String::new()))
    );
    assert_eq!(normalise::number("5,5 %"), Some((5.5, "%".to_owned())));
    assert_eq!(
        (normalise::soundex("robert"), normalise::soundex("rupert")),
        ("r163".into(), "r163".into())
    );
}

#[test]
fn types_from_headers_and_without_them() {
    let rows = [
        [
            "Anna",
            "Becker",
            "1971-03-02",
            "a.becker@example.org",
            "(713) 555-0101",
            "12 Oak Street",
            "F",
        ],
        [
            "John",
            "Mayhew",
            "1980-11-23",
            "jm@example.com",
            "713-555-0199",
            "9 Mill Road",
            "M",
        ],
        [
            "Maria",
            "Sandoval",
            "1966-07-14",
            "maria@example.com",
            "713 555 0123",
            "4 Hill Avenue",
            "F",
        ],
        [
            "Peter",
            "Quist",
            "1991-12-30",
            "pq@example.net",
            "713.555.0144",
            "77 Lake Drive",
            "M",
        ],
    ];
    use ColumnType as T;
    let kinds = |headers: [&str; 7]| {
        let mut builder = TableBuilder::new(headers);
        for _ in 0..4 {
            rows.iter()
                .for_each(|row| builder.push(row.iter().map(|value| Some(*value))));
        }
        infer(&builder.finish())
            .into_iter()
            .map(|column| column.kind)
            .collect::<Vec<_>>()
    };
    let expected = [
        T::GivenName,
        T::FamilyName,
        T::Date,
        T::Email,
        T::Phone,
        T::Street,
        T::Category,
    ];
    assert_eq!(
        kinds([
            "FirstName",
            "LAST NAME",
            "DOB",
            "e-mail",
            "tel.",
            "Address",
            "sex"
        ]),
        expected
    );
    let bare = kinds(["a", "b", "c", "d", "e", "f", "g"]);
    assert_eq!((bare[0], &bare[2..6]), (expected[0], &expected[2..6]));
    assert_eq!("date".parse::<ColumnType>().unwrap(), T::Date);
    assert!("day".parse::<ColumnType>().is_err());
}
