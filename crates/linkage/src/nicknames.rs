//! Common English given names and their short forms.

/// Each line: forms of one name.
const FORMS: &str = "
abigail abby abbie gail
adam ad
agnes aggie nessie
albert al bert bertie
alexander alex alec al sandy xander sasha
alexandra alex sandra sandy lexie alexa sasha
alfred al alf alfie fred
alice ali allie alicia
alison ali allie
amanda mandy manda
amelia amy millie mel
andrew andy drew
angela angie ang
ann anne anna annie nan nancy hannah
anthony tony ant anton
antonia toni
archibald archie
arthur art artie
augustus gus august
barbara barb babs barbie bobbie
barnaby barney
bartholomew bart
beatrice bea trixie
benjamin ben benny benji
bernard bernie
bradley brad
brendan bren
bridget bridie biddy
caitlin cait kate katie
cameron cam
caroline carol carrie lynn
catherine cathy kate katie kathy kat cat cathie kitty kay katherine kathryn catharine
cecilia cec celia cissy
charles charlie chuck chas chaz
charlotte charlie lottie lotte
chelsea chels
christian chris
christina chris chrissy tina christine kristina
christopher chris kit topher kris
clifford cliff
constance connie
cynthia cindy
daniel dan danny
danielle dani danni
david dave davey davy
deborah deb debbie debra
dennis den denny
dominic dom nick
donald don donnie
dorothy dot dottie dolly dora
douglas doug
edmund ed eddie ned
edward ed eddie ted teddy ned
edwin ed eddie
eleanor ellie nell nellie nora elle lenore
elizabeth liz lizzie beth betty eliza betsy libby bess lisa elise elsie lisbeth
ellen nell nellie
emily em emmy millie
emma em emmy
eric rick
ernest ernie
eugene gene
evelyn eve evie
ezekiel zeke
florence flo florrie flossie
frances fran fanny francie
francis frank fran frankie
franklin frank
frederick fred freddie freddy rick
gabriel gabe
gabrielle gabby gabi
geoffrey geoff jeff jeffrey
george georgie
georgina georgie gina
gerald gerry jerry
gerard gerry ger
gilbert gil bert
gregory greg
gwendolyn gwen
harold harry hal
harriet hattie
helen nell nellie lena
henrietta hettie etta
henry harry hank hal
herbert herb bert
howard howie
hubert bert
hugh hughie
ian iain
isaac ike zac
isabella bella izzy isabel isobel belle
jacob jake jakob
jacqueline jackie jacqui
james jim jimmy jamie jem
jane janie jenny jan
janet jan
jason jay
jasmine jas jazz
jennifer jen jenny jenn
jeremiah jerry jeremy
jessica jess jessie
joan joanie
joanna jo joanne
john jack johnny jon johnnie
jonathan jon jonny nathan
joseph joe joey jo
josephine jo josie
joshua josh
judith judy jude
julia julie jules
julian jules
justin jus
kenneth ken kenny
kimberly kim kimmy kimberley
kristen kris kristy
lachlan lachie
laura laurie lori
lauren laurie loz
lawrence larry lars laurence laurie
leonard len lenny leo
leslie les
lewis lew louis lou
lillian lily lil lilian
louise lou
lucas luke luc
lucille lucy
madeline maddie maddy madeleine
magdalena lena magda
malcolm mal
margaret maggie peggy meg marge madge margie rita greta daisy peg
maria mary marie
marjorie marge margie
martha marty patty
martin marty
mary molly polly mamie
matilda tilly mattie tilda
matthew matt matty
maureen mo
maurice mo morris
maxwell max
maximilian max
megan meg
melanie mel
melissa mel missy lissa
michael mike mick mickey mikey mitch
michelle shelly chelle
mildred millie
mitchell mitch
mohammed mohamed muhammad mohammad mo
monica mon
nathan nate nat
nathaniel nathan nate nat
natalie nat
nicholas nick nicky nico nicolas
nicole nicky nikki nic
norman norm
oliver ollie olly
olivia liv livvy ollie
oscar ozzie
oswald oz ozzie
pamela pam
patricia pat patty tricia trish patsy
patrick pat paddy rick
paula polly
penelope penny
peter pete
philip phil pip phillip
phyllis phyl
prudence prue
rachel rae rach
raymond ray
rebecca becky bec becca
reginald reg reggie
richard rick dick richie rich ricky dickie
robert bob rob bobby robbie bert robin
roberta bobbie
roderick rod
rodney rod
roger rodge
roland roly
ronald ron ronnie
rosemary rosie rose
rosalind roz
rudolph rudy
russell russ rusty
ryan ry
sally sal
samantha sam sammy
samuel sam sammy
sandra sandy
sarah sally sal sadie sara
sebastian seb
sharon shaz
sidney sid
simon si
solomon sol
sophia sophie
stanley stan
stephanie steph stef
stephen steve stevie steven
stuart stu stewart
susan sue susie suzy suzanne susanna
sylvester syl
sylvia syl
tabitha tabby
tamara tammy
teresa terry tess theresa tessa
terence terry
thaddeus thad
theodore ted teddy theo
thomas tom tommy thom
timothy tim timmy
tobias toby
tracey trace tracy
trevor trev
tyler ty
valerie val
vanessa nessa
veronica ronnie vera
victor vic
victoria vicky tori vic
vincent vince vinnie
virginia ginny ginger
vivian viv
walter walt wally
wendy wen
wilfred wilf fred
william bill will billy willy liam wil
winifred winnie freda
zachary zac zach zack
";

/// Given names that are frequent and have no short form above; they help to see that a column holds names.
const OTHERS: &str = "aaron aidan ashley ava bailey blake brandon brian brianna bruce carl carlos carol courtney craig crystal dean diana diane \
dylan ella erin ethan frank gary georgia grace heather holly jack jackson jaden jake jayden jeffrey jessie jesus joel jordan jose juan kayla keith kelly kevin \
kyle kylie lara lee linda logan lucy luis mark mia mason noah paige paul phoebe rose ruth ruby scott sean shaun shannon shane sienna skye tara todd tia wayne zoe";

/// Names as sets of the lines they stand in.
#[derive(Debug)]
pub(crate) struct Nicknames(rustc_hash::FxHashMap<&'static str, Vec<u16>>);

impl Nicknames {
    pub(crate) fn new() -> Self {
        let mut lines: rustc_hash::FxHashMap<&'static str, Vec<u16>> =
            rustc_hash::FxHashMap::default();
        for (at, line) in FORMS.trim().lines().enumerate() {
            for name in line.split(' ') {
                lines.entry(name).or_default().push(at as u16);
            }
        }
        for name in OTHERS.split_whitespace() {
            lines.entry(name).or_default();
        }
        Self(lines)
    }

    /// Whether this is a frequent given name or a short form.
    pub(crate) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The lines that a name stands in.
    pub(crate) fn lines(&self, name: &str) -> &[u16] {
        self.0.get(name).map_or(&[], Vec::as_slice)
    }
}
