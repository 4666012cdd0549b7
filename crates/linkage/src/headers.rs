//! What headers say.

use crate::{normalise, types::ColumnType};

/// Headers that name a person and not a name.
const PERSONS: &str =
    "patient client member resident subject person customer contact pupil student employee";

/// Headers that name one thing, in the languages of Europe that most lists are in, without accents, and the commonest in Russian and
/// Chinese: the first is the common name.
const SYNONYMS: [(ColumnType, &str); 18] = [
    (
        ColumnType::Email,
        "email emailaddress mail emailid courriel correo correoelectronico emailadresse mailadresse adressemail adresseemail indirizzoemail postaelettronica enderecoemail emailadres почта электроннаяпочта 邮箱 电子邮件",
    ),
    (
        ColumnType::Phone,
        "phone telephone tel mobile cell fax phonenumber phoneno telephonenumber mobilenumber cellphone homephone workphone contactnumber msisdn telefon telefonnummer telefonnr handy handynummer mobil mobilnummer mobiltelefon festnetz rufnummer telefono movil celular telefonino cellulare telefone telemovel telefoon telefoonnummer mobiel telefonkomorkowy телефон мобильный 电话 手机 手机号",
    ),
    (
        ColumnType::Date,
        "date dob dateofbirth birthdate birthday datebirth born doa dod dateofdeath birthdt dobdate datum geburtsdatum geburtstag gebdatum gebdat geboren sterbedatum todesdatum datedenaissance datenaissance naissance datededeces fecha fechadenacimiento fechanacimiento nacimiento data datadinascita datanascita nascita datadenascimento datanascimento nascimento geboortedatum dataurodzenia датарождения дата 出生日期 生日",
    ),
    (
        ColumnType::MiddleName,
        "middlename middle middleinitial namemiddle mname mi secondname zweitervorname deuxiemeprenom segundonombre secondonome nomedomeio tweedenaam drugieimie отчество",
    ),
    (
        ColumnType::GivenName,
        "givenname firstname first forename given fname namefirst namegiven christianname givennames vorname prenom forenames firstnm vornamen rufname prenoms nombres nombredepila primernombre nomedibattesimo primeironome voornaam voornamen imie имя 名",
    ),
    (
        ColumnType::FamilyName,
        "familyname surname lastname last family lname namelast namefamily sname nachname secondsurname maidenname lastnm familienname zuname geburtsname nomdefamille nomdenaissance nomnaissance nomdusage apellido apellidos cognome sobrenome apelido achternaam nazwisko фамилия 姓",
    ),
    (
        ColumnType::FullName,
        "fullname name personname patientname customername contactname clientname membername displayname wholename nom nombre nomcomplet nombrecompleto nome nominativo nomecompleto nomeecognome naam volledigenaam imieinazwisko фио полноеимя 姓名 氏名",
    ),
    (ColumnType::FullName, PERSONS),
    (
        ColumnType::EntityName,
        "company companyname organisation organization organisationname organizationname orgname firm firmname business businessname employer supplier vendor merchant legalname tradingname tradename accountname unternehmen firma firmenname firmierung arbeitgeber lieferant entreprise societe raisonsociale denomination employeur empresa razonsocial nombreempresa empleador azienda ragionesociale ditta denominacao bedrijf bedrijfsnaam werkgever nazwafirmy компания организация 公司",
    ),
    (
        ColumnType::StreetNumber,
        "streetnumber housenumber houseno streetno housenr numberofhouse hausnummer stnum streetnum unitnumber hausnr numerocivico civico numeroporta huisnummer nrdomu дом",
    ),
    (
        ColumnType::Street,
        "street address addressline streetaddress addressstreet addr streetname road address1 address2 address3 addressline1 addressline2 homeaddress adresse strasse residence building anschrift wohnadresse strassenname strassehausnummer strasseundhausnummer strassenr rue voie calle direccion domicilio indirizzo via endereco rua morada adres straat straatnaam ulica улица адрес 地址",
    ),
    (
        ColumnType::City,
        "city town suburb place village locality municipality addresscity cityname ort birthplace placeofbirth citytown parish wohnort stadt gemeinde geburtsort ville commune lieudenaissance ciudad localidad municipio poblacion lugardenacimiento citta comune luogodinascita cidade localidade plaats woonplaats stad geboorteplaats miasto miejscowosc город 城市",
    ),
    (
        ColumnType::Postcode,
        "postcode zip zipcode postalcode postal plz addresszip pcode postcd zip5 postleitzahl codepostal codigopostal cp cap codicepostale cep kodpocztowy индекс 邮编",
    ),
    (
        ColumnType::Region,
        "state province county country region addressstate district territory statecode countrycode nationality bundesland kanton staatsangehorigkeit nationalitat pays departement nationalite pais provincia nacionalidad regione nazione stato estado concelho provincie land wojewodztwo kraj область регион 省",
    ),
    (
        ColumnType::Identifier,
        "id ssn socsecid socialsecurity socialsecuritynumber mrn nhs nhsnumber medicare medicareid passport nino taxid vat isbn ean upc gtin sku issn identifier nationalid ssnlast4 license licence accountnumber account patientid personid customerid memberid insurancenumber employeeid kundennummer personalnummer versichertennummer steuernummer ahvnummer dni nif website url homepage web webpage websiteurl domain webseite siteweb internet codicefiscale partitaiva cpf cnpj bsn pesel снилс инн 身份证号 身份证",
    ),
    (
        ColumnType::Category,
        "gender sex suffix title prefix namesuffix nameprefix maritalstatus race ethnicity status type category language salutation bloodtype geschlecht anrede titel familienstand sexe genre civilite sexo genero estadocivil sesso geslacht plec пол 性别",
    ),
    (
        ColumnType::Number,
        "age price cost amount weight height width length year quantity abv size salary income total alter preis prix edad precio eta prezzo idade preco leeftijd prijs wiek cena возраст цена 年龄 价格",
    ),
    (
        ColumnType::FreeText,
        "description notes note comment comments text remarks abstract summary body",
    ),
];

/// The words of a header: split at punctuation and at changes of case, lower case, in order.
pub(crate) fn words(header: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut fresh = true;
    let mut lower = false;
    for c in header.chars() {
        if !c.is_alphanumeric() {
            fresh = true;
            continue;
        }
        fresh |= c.is_uppercase() && lower;
        lower = c.is_lowercase();
        if fresh {
            words.push(String::new());
            fresh = false;
        }
        if let Some(word) = words.last_mut() {
            word.extend(c.to_lowercase());
        }
    }
    // "Prénom" and "prenom" are one; letters of other scripts stay as they are.
    for word in &mut words {
        let plain = normalise::text(word);
        if plain.is_ascii() && !plain.is_empty() {
            *word = plain;
        }
    }
    words
}

/// Whether a header names a birth date.
pub(crate) fn names_birth(header: &str) -> bool {
    let of_birth = |word: &String| {
        [
            "birth",
            "geb",
            "naissance",
            "nacimiento",
            "nascita",
            "nascimento",
            "urodzenia",
            "рождени",
            "出生",
            "生日",
        ]
        .iter()
        .any(|stem| word.contains(stem))
            || matches!(word.as_str(), "dob" | "born" | "dobdate")
    };
    words(header).iter().any(of_birth)
}

/// The type that a header names: by its whole text, else by its last words, else by a single word of it.
pub(crate) fn type_of(header: &str) -> Option<ColumnType> {
    let words = words(header);
    let lookup = |text: &str| {
        SYNONYMS
            .iter()
            .find(|(_, names)| names.split(' ').any(|name| name == text))
            .map(|(kind, _)| *kind)
    };
    let whole: String = words.concat();
    if let Some(kind) =
        lookup(&whole).or_else(|| lookup(whole.trim_end_matches(|c: char| c.is_ascii_digit())))
    {
        return Some(kind);
    }
    for from in 1..words.len() {
        // "name" at the end is a person's only as a whole header ("file_name").
        if let Some(kind) =
            lookup(&words[from..].concat()).filter(|kind| *kind != ColumnType::FullName)
        {
            return Some(kind);
        }
    }
    (1..words.len())
        .rev()
        .find_map(|to| lookup(&words[..to].concat()))
        .filter(|kind| *kind != ColumnType::FullName)
}

/// Whether the header names a person and not a name: its values may be numbers or codes as well.
pub(crate) fn is_bare_person(header: &str) -> bool {
    let whole = words(header).concat();
    PERSONS.split(' ').any(|name| name == whole)
}

/// Whether the header is "name" and no more.
pub(crate) fn is_bare_name(header: &str) -> bool {
    matches!(
        words(header).concat().as_str(),
        "name" | "nom" | "nombre" | "nome" | "naam" | "nazwa"
    )
}

/// Whether a header names the sex of a person.
pub(crate) fn is_sex(header: &str) -> bool {
    words(header).iter().any(|word| is_word_of_sex(word))
}

fn is_word_of_sex(word: &str) -> bool {
    matches!(
        word,
        "sex"
            | "gender"
            | "geschlecht"
            | "sexe"
            | "sexo"
            | "genero"
            | "sesso"
            | "geslacht"
            | "plec"
            | "пол"
            | "性别"
    )
}

/// How much two headers name the same, 0 to 1.
pub(crate) fn likeness(a: &str, b: &str) -> f64 {
    let (one, two) = (words(a), words(b));
    let (whole_a, whole_b) = (one.concat(), two.concat());
    if whole_a == whole_b {
        return 1.0;
    }
    let shared = one.iter().filter(|word| two.contains(word)).count() as f64;
    let jaccard = shared / (one.len() + two.len()).max(1) as f64 * 2.0;
    let synonyms = SYNONYMS.iter().any(|(kind, names)| {
        let has = |text: &str| names.split(' ').any(|name| name == text);
        // Identifiers, categories and numbers of one type are not yet the same thing.
        !matches!(
            kind,
            ColumnType::Identifier
                | ColumnType::Category
                | ColumnType::Number
                | ColumnType::Date
                | ColumnType::Street
                | ColumnType::Region
        ) && has(&whole_a)
            && has(&whole_b)
    });
    let dob = |text: &str| {
        matches!(
            text,
            "dob"
                | "dateofbirth"
                | "birthdate"
                | "birthday"
                | "born"
                | "datebirth"
                | "geburtsdatum"
                | "geburtstag"
                | "gebdatum"
                | "gebdat"
                | "geboren"
                | "datedenaissance"
                | "datenaissance"
                | "naissance"
                | "fechadenacimiento"
                | "fechanacimiento"
                | "nacimiento"
                | "datadinascita"
                | "datanascita"
                | "datadenascimento"
                | "geboortedatum"
                | "dataurodzenia"
                | "датарождения"
                | "出生日期"
        )
    };
    let sexes = is_word_of_sex(&whole_a) && is_word_of_sex(&whole_b);
    if synonyms || (dob(&whole_a) && dob(&whole_b)) || sexes {
        0.95
    } else {
        jaccard * 0.8
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn birth_dates_are_told_from_other_dates() {
        for header in [
            "date_of_birth",
            "DOB",
            "birthDate",
            "Geburtsdatum",
            "fecha_nacimiento",
            "Date de naissance",
        ] {
            assert!(names_birth(header), "{header}");
        }
        for header in ["date", "admission_date", "date_of_death", "updated"] {
            assert!(!names_birth(header), "{header}");
        }
    }
}
