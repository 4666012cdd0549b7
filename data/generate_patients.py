#!/usr/bin/env python3
"""Write data/patients.jsonl: pairs of short, invented medical histories.

Usage: python3 data/generate_patients.py [--seed N] [--out FILE]

The hand-written pairs in patients_handwritten.jsonl are merged with generated
ones. The same seed gives the same bytes: only random.Random.random() is used.
"""
import argparse
import copy
import json
import os
import random
import re

HERE = os.path.dirname(os.path.abspath(__file__))
PER_CELL = 50          # pairs for each difficulty and label, hand-written ones included
LEVELS = ("easy", "medium", "hard", "ambiguous")


class Rng:
    """The few draws that are needed, all taken from random()."""

    def __init__(self, seed):
        self._r = random.Random(seed)

    def chance(self, p):
        return self._r.random() < p

    def int(self, lo, hi):
        return lo + int(self._r.random() * (hi - lo + 1))

    def pick(self, xs):
        return xs[int(self._r.random() * len(xs))]

    def shuffled(self, xs):
        xs = list(xs)
        for i in range(len(xs) - 1, 0, -1):
            j = int(self._r.random() * (i + 1))
            xs[i], xs[j] = xs[j], xs[i]
        return xs

    def sample(self, xs, n):
        return self.shuffled(xs)[:n]


# ---------------------------------------------------------------- drugs
# generic: (brands, dose, class, what a patient may call it)
DRUGS = {}


def _drugs(text):
    for line in text.strip().splitlines():
        generic, brands, dose, cls, lay = [x.strip() for x in line.split(";")]
        DRUGS[generic] = (brands.split("|"), dose, cls, lay)


_drugs("""
metformin; Glucophage; 500 mg BD; biguanide; sugar tablets
gliclazide; Diamicron; 80 mg BD; sulfonylurea; sugar tablets
sitagliptin; Januvia; 100 mg OD; gliptin; sugar tablets
linagliptin; Trajenta; 5 mg OD; gliptin; sugar tablets
empagliflozin; Jardiance; 10 mg OD; sglt2; sugar tablets
insulin glargine; Lantus|Toujeo; 22 units nocte; insulin; night-time insulin
insulin aspart; NovoRapid; with meals; insulin; mealtime insulin
lisinopril; Zestril|Prinivil; 10 mg OD; raas; blood pressure tablet
ramipril; Tritace|Altace; 5 mg OD; raas; blood pressure tablet
perindopril; Coversyl; 4 mg OD; raas; blood pressure tablet
losartan; Cozaar; 50 mg OD; raas; blood pressure tablet
candesartan; Amias|Atacand; 8 mg OD; raas; blood pressure tablet
amlodipine; Norvasc|Istin; 5 mg OD; ccb; blood pressure tablet
indapamide; Natrilix; 2.5 mg OD; thiazide; water tablet
bisoprolol; Cardicor|Concor; 2.5 mg OD; bblock; heart tablet
carvedilol; Coreg|Eucardic; 6.25 mg BD; bblock; heart tablet
propranolol; Inderal; 40 mg BD; bblock; propranolol
atorvastatin; Lipitor; 40 mg nocte; statin; cholesterol tablet
simvastatin; Zocor; 20 mg nocte; statin; cholesterol tablet
rosuvastatin; Crestor; 10 mg OD; statin; cholesterol tablet
ezetimibe; Ezetrol|Zetia; 10 mg OD; ezet; cholesterol tablet
isosorbide mononitrate; Imdur|Monomil; 60 mg OD; nitrate; angina tablet
clopidogrel; Plavix; 75 mg OD; antiplatelet; blood thinner
ticagrelor; Brilique|Brilinta; 90 mg BD; antiplatelet; blood thinner
aspirin; Nu-Seals; 75 mg OD; nsaid; small aspirin
apixaban; Eliquis; 5 mg BD; antico; blood thinner
rivaroxaban; Xarelto; 20 mg OD; antico; blood thinner
edoxaban; Lixiana|Savaysa; 60 mg OD; antico; blood thinner
warfarin; Coumadin; as per INR; antico; warfarin
digoxin; Lanoxin; 125 mcg OD; digoxin; heart tablet
flecainide; Tambocor; 50 mg BD; antiarr; heart rhythm tablet
furosemide; Lasix; 40 mg OD; loop; water tablet
spironolactone; Aldactone; 25 mg OD; mra; water tablet
sacubitril/valsartan; Entresto; 49/51 mg BD; raas; heart tablet
levothyroxine; Eltroxin|Synthroid; 100 mcg OD; thyroxine; thyroid tablet
carbimazole; Neo-Mercazole; 10 mg OD; antithyroid; thyroid tablet
alendronic acid; Fosamax; 70 mg weekly; bisphos; weekly bone tablet
risedronate; Actonel; 35 mg weekly; bisphos; weekly bone tablet
denosumab; Prolia; 60 mg every 6 months; denosumab; six-monthly bone injection
methotrexate; Maxtrex; 15 mg weekly; mtx; methotrexate
sulfasalazine; Salazopyrin; 1 g BD; sulfa; sulfasalazine
hydroxychloroquine; Plaquenil; 200 mg BD; hcq; hydroxychloroquine
adalimumab; Humira|Amgevita; 40 mg fortnightly; tnf; fortnightly injection
etanercept; Enbrel; 50 mg weekly; tnf; weekly injection
allopurinol; Zyloric; 300 mg OD; allopurinol; gout tablet
febuxostat; Adenuric|Uloric; 80 mg OD; febuxostat; gout tablet
omeprazole; Losec|Prilosec; 20 mg OD; ppi; stomach tablet
lansoprazole; Zoton|Prevacid; 30 mg OD; ppi; stomach tablet
esomeprazole; Nexium; 20 mg OD; ppi; stomach tablet
sertraline; Zoloft|Lustral; 100 mg OD; antidep; antidepressant
citalopram; Cipramil|Celexa; 20 mg OD; antidep; antidepressant
fluoxetine; Prozac; 20 mg OD; antidep; antidepressant
mirtazapine; Zispin|Remeron; 30 mg nocte; antidep; antidepressant
venlafaxine; Efexor XL; 150 mg OD; antidep; antidepressant
escitalopram; Cipralex|Lexapro; 10 mg OD; antidep; anxiety tablet
lithium; Priadel; 800 mg nocte; lithium; lithium
quetiapine; Seroquel; 300 mg nocte; antipsych; quetiapine
clozapine; Clozaril; 300 mg nocte; antipsych; clozapine
olanzapine; Zyprexa; 10 mg nocte; antipsych; olanzapine
levetiracetam; Keppra; 750 mg BD; aed; fit tablets
lamotrigine; Lamictal; 100 mg BD; aed; fit tablets
carbamazepine; Tegretol; 400 mg BD; aed; fit tablets
sumatriptan; Imigran|Imitrex; 50 mg PRN; triptan; migraine tablet
topiramate; Topamax; 50 mg BD; topiramate; migraine tablet
co-careldopa; Sinemet; 25/100 TDS; ldopa; Parkinson's tablets
rasagiline; Azilect; 1 mg OD; maob; Parkinson's tablets
dimethyl fumarate; Tecfidera; 240 mg BD; dmf; MS capsules
glatiramer; Copaxone; 40 mg three times weekly; glat; MS injections
baclofen; Lioresal; 10 mg TDS; baclofen; muscle relaxant
donepezil; Aricept; 10 mg nocte; chei; memory tablet
memantine; Ebixa|Namenda; 20 mg OD; memantine; memory tablet
azathioprine; Imuran; 150 mg OD; aza; azathioprine
infliximab; Remicade; every 8 weeks IV; tnf; drip every eight weeks
mesalazine; Pentasa|Asacol; 2 g OD; 5asa; bowel tablets
mebeverine; Colofac; 135 mg TDS; mebeverine; bowel tablets
calcipotriol; Dovonex; topical; calcipotriol; skin ointment
apremilast; Otezla; 30 mg BD; apremilast; arthritis tablet
latanoprost; Xalatan; drops nocte; pga; night-time eye drops
timolol; Timoptol; drops BD; bblock; eye drops
aflibercept; Eylea; monthly intravitreal; vegf; eye injections
ranibizumab; Lucentis; monthly intravitreal; vegf; eye injections
tamsulosin; Flomax; 400 mcg OD; alphab; prostate capsule
finasteride; Proscar; 5 mg OD; 5ari; prostate tablet
solifenacin; Vesicare; 5 mg OD; antimusc; bladder tablet
mirabegron; Betmiga|Myrbetriq; 50 mg OD; b3; bladder tablet
salbutamol; Ventolin|ProAir; 2 puffs PRN; saba; blue inhaler
beclometasone; Clenil|Qvar; 200 mcg BD; ics; brown inhaler
budesonide/formoterol; Symbicort; 2 puffs BD; icslaba; red and white inhaler
montelukast; Singulair; 10 mg nocte; ltra; asthma tablet
tiotropium; Spiriva; 18 mcg OD; lama; once-a-day inhaler
fluticasone/salmeterol; Seretide|Advair; 500/50 BD; icslaba; purple inhaler
carbocisteine; Mucodyne; 750 mg BD; muco; phlegm capsules
nintedanib; Ofev; 150 mg BD; nintedanib; lung capsules
ferrous sulfate; Feospan; 200 mg OD; iron; iron tablets
hydroxocobalamin; Neo-Cytamen; 1 mg IM every 3 months; b12; B12 injections
lenalidomide; Revlimid; 10 mg days 1-21; lenalidomide; myeloma capsules
goserelin; Zoladex; 10.8 mg every 12 weeks; lhrh; three-monthly implant
bicalutamide; Casodex; 50 mg OD; antiandrogen; prostate tablet
tamoxifen; Nolvadex; 20 mg OD; serm; tamoxifen
methylphenidate; Concerta|Ritalin; 36 mg OD; stim; ADHD tablet
lisdexamfetamine; Elvanse|Vyvanse; 50 mg OD; stim; ADHD capsule
gabapentin; Neurontin; 300 mg TDS; gaba; nerve tablets
pregabalin; Lyrica; 150 mg BD; gaba; nerve tablets
duloxetine; Cymbalta; 60 mg OD; antidep; pain tablet
amitriptyline; Elavil; 25 mg nocte; tca; night-time pain tablet
naproxen; Naprosyn|Aleve; 500 mg BD; nsaid; anti-inflammatory
paracetamol; Panadol|Tylenol; 1 g QDS; paracetamol; paracetamol
prednisolone; Deltacortril; 5 mg OD; steroid; steroids
hydrocortisone; Hydrocortone|Cortef; 10/5/5 mg; steroid; steroid replacement
pyridostigmine; Mestinon; 60 mg QDS; pyrido; myasthenia tablets
nifedipine; Adalat; 30 mg OD; ccb; circulation tablet
betahistine; Serc; 16 mg TDS; betahistine; dizziness tablets
zopiclone; Zimovane|Imovane; 7.5 mg nocte; zdrug; sleeping tablet
acamprosate; Campral; 666 mg TDS; acamprosate; Campral
tenofovir; Viread; 245 mg OD; tenofovir; liver virus tablet
bictegravir/emtricitabine/TAF; Biktarvy; 1 tablet OD; art; HIV tablet
pramipexole; Mirapexin|Mirapex; 0.18 mg nocte; dopag; restless legs tablet
""")

# ---------------------------------------------------------------- conditions
# key; onset age lo-hi; sex; group; stages separated by "=>"
# stage: abbreviations / clinical names / lay names / drugs ("-" for none)
CONDS = {}


def _conds(text):
    for line in text.strip().splitlines():
        key, ages, sex, group, stages = [x.strip() for x in line.split(";")]
        lo, hi = [int(x) for x in ages.split("-")]
        out = []
        for st in stages.split("=>"):
            ab, cl, la, dr = [x.strip() for x in st.split("//")]
            out.append({"a": ab.split("|"), "c": cl.split("|"), "l": la.split("|"),
                        "d": [] if dr == "-" else dr.split("|")})
        CONDS[key] = {"key": key, "lo": lo, "hi": hi, "sex": sex, "group": group, "stages": out}


_conds("""
htn; 36-72; ; htn; HTN|high BP // hypertension|essential hypertension // high blood pressure // lisinopril|amlodipine|losartan|ramipril|perindopril|indapamide
dm2; 38-68; ; dm; pre-DM|IGT|prediabetes // prediabetes|impaired glucose tolerance // borderline sugar|borderline diabetes // - => T2DM|type 2 DM|NIDDM // type 2 diabetes|type 2 diabetes mellitus // type 2 diabetes|sugar diabetes // metformin|gliclazide|sitagliptin|empagliflozin => insulin-treated T2DM|T2DM on insulin // insulin-treated type 2 diabetes|type 2 diabetes now requiring insulin // type 2 diabetes, on insulin now // insulin glargine
dm1; 6-24; ; dm; T1DM|type 1 DM|IDDM // type 1 diabetes|type 1 diabetes mellitus // type 1 diabetes|the young person's kind of diabetes // insulin aspart|insulin glargine
chol; 38-70; ; chol; hyperchol|HLD|dyslipidaemia // hypercholesterolaemia|hyperlipidaemia|raised cholesterol // high cholesterol // atorvastatin|simvastatin|rosuvastatin|ezetimibe
cad; 48-70; ; cad; angina|IHD|CAD // stable angina|ischaemic heart disease // angina // isosorbide mononitrate|bisoprolol => IHD w/ stent|CAD, PCI to LAD // coronary artery disease with a stent // furred-up heart arteries with a stent // clopidogrel|ticagrelor => IHD s/p CABG|CABG x3 // coronary disease with previous triple bypass|coronary artery bypass grafting for coronary disease // a heart bypass // aspirin
ckd; 50-74; ; ckd; CKD 2|CKD G2 // chronic kidney disease stage 2|mild chronic kidney disease // mildly weak kidneys // - => CKD 3a|CKD G3a // chronic kidney disease stage 3a // stage 3 kidney disease // - => CKD 3b|CKD G3b // chronic kidney disease stage 3b // kidneys working at about a third // - => CKD 4|CKD G4 // chronic kidney disease stage 4|advanced chronic kidney disease // kidneys close to failing // - => ESRD on HD|ESKD, HD x3/wk // end-stage kidney disease on haemodialysis // kidney failure, on dialysis // -
af; 54-80; ; af; PAF|parox AF // paroxysmal atrial fibrillation // an irregular heartbeat that comes and goes // apixaban|flecainide|rivaroxaban => AF|AFib|permanent AF // permanent atrial fibrillation|atrial fibrillation // an irregular heartbeat // apixaban|warfarin|edoxaban|rivaroxaban
copd; 50-72; ; lung; mild COPD|COPD GOLD 1 // mild chronic obstructive pulmonary disease|mild COPD // a touch of emphysema|mild COPD // salbutamol|tiotropium => COPD GOLD 3|severe COPD // severe chronic obstructive pulmonary disease|severe COPD // bad emphysema|bad COPD // tiotropium|fluticasone/salmeterol => COPD on LTOT|COPD, home O2 // COPD on long-term home oxygen // emphysema, on oxygen at home // tiotropium
asthma; 5-40; ; lung; asthma // asthma|bronchial asthma // asthma|a wheezy chest // salbutamol|beclometasone|budesonide/formoterol|montelukast
hf; 58-80; ; hf; CCF|CHF|HFrEF // heart failure|congestive cardiac failure // heart failure|a weak heart // furosemide|carvedilol|sacubitril/valsartan|spironolactone => HFrEF, CRT-D|CHF w/ ICD // heart failure with an implanted defibrillator // a weak heart and a defibrillator box // furosemide|sacubitril/valsartan
hypothy; 25-70; ; thy; hypothyroid|hypothyroidism // hypothyroidism|autoimmune hypothyroidism // an underactive thyroid // levothyroxine
graves; 22-50; ; thy; Graves|hyperthyroid // Graves' disease|thyrotoxicosis // an overactive thyroid // carbimazole => hypothyroid post RAI // hypothyroidism following radioiodine // an underactive thyroid after the radioactive iodine // levothyroxine
oaknee; 52-75; ; oak; OA knees|bilat knee OA // osteoarthritis of both knees // worn-out knees|arthritis in both knees // paracetamol|naproxen
osteo; 54-74; ; bone; osteopenia // osteopenia|low bone density // thinning bones // - => OP|osteoporosis // osteoporosis // brittle bones|osteoporosis // alendronic acid|risedronate|denosumab
ra; 28-62; ; ra; RA|seropos RA // rheumatoid arthritis|seropositive rheumatoid arthritis // rheumatoid arthritis|rheumatoid // methotrexate|sulfasalazine|hydroxychloroquine => RA on biologic|RA, anti-TNF // rheumatoid arthritis on biologic treatment // rheumatoid arthritis, on injections now // adalimumab|etanercept
gout; 40-72; ; gout; gout // gout|recurrent gout // gout // allopurinol|febuxostat
gord; 26-68; ; gord; GORD|GERD // gastro-oesophageal reflux disease|reflux oesophagitis // acid reflux|bad heartburn // omeprazole|lansoprazole|esomeprazole
depr; 20-64; ; mood; depression|MDD // depression|recurrent depressive disorder // depression // sertraline|citalopram|fluoxetine|mirtazapine|venlafaxine
gad; 20-56; ; mood; GAD|anxiety // generalised anxiety disorder // anxiety|bad nerves // escitalopram|sertraline
bipolar; 20-38; ; mood; BPAD|bipolar // bipolar disorder|bipolar affective disorder // bipolar disorder // lithium|quetiapine
schiz; 19-34; ; mood; schizophrenia // schizophrenia|paranoid schizophrenia // schizophrenia // clozapine|olanzapine
epil; 8-45; ; epil; epilepsy|seizure d/o // epilepsy|focal epilepsy // epilepsy|fits // levetiracetam|lamotrigine|carbamazepine
migr; 15-42; ; migr; migraine|migraine w/ aura // migraine|migraine with aura // migraines|bad migraine headaches // sumatriptan|topiramate|propranolol|candesartan
pd; 58-76; ; pd; PD|IPD // Parkinson's disease|idiopathic Parkinson's disease // Parkinson's // co-careldopa|rasagiline
ms; 22-44; ; ms; RRMS|MS // relapsing-remitting multiple sclerosis // MS // dimethyl fumarate|glatiramer => SPMS|progressive MS // secondary progressive multiple sclerosis // MS that keeps getting slowly worse // baclofen
dem; 68-82; ; dem; MCI // mild cognitive impairment // a failing memory // - => AD|Alzheimer's // Alzheimer's disease|dementia of Alzheimer type // Alzheimer's|dementia // donepezil|memantine
crohn; 16-36; ; ibd; Crohn's|ileal CD // Crohn's disease|ileal Crohn's disease // Crohn's // azathioprine|infliximab
uc; 18-46; ; ibd; UC // ulcerative colitis // colitis|ulcerative colitis // mesalazine|azathioprine
ibs; 20-48; ; ibd; IBS // irritable bowel syndrome // IBS|an irritable bowel // mebeverine
coel; 12-50; ; coel; coeliac|coeliac dz // coeliac disease // coeliac disease // -
pso; 18-45; ; ra; psoriasis|plaque psoriasis // psoriasis|plaque psoriasis // psoriasis // calcipotriol => PsA // psoriatic arthritis // psoriasis that has gone into the joints // methotrexate|apremilast
glau; 50-74; ; eye; POAG|glaucoma // primary open-angle glaucoma|glaucoma // glaucoma // latanoprost|timolol
amd; 66-82; ; eye; wet AMD // wet age-related macular degeneration // macular degeneration // aflibercept|ranibizumab
bph; 54-76; M; prost; BPH // benign prostatic hyperplasia|benign prostatic enlargement // an enlarged prostate // tamsulosin|finasteride
cap; 58-76; M; prost; CaP|prostate Ca // prostate cancer|carcinoma of the prostate // prostate cancer // goserelin|bicalutamide
oab; 45-74; F; blad; OAB // overactive bladder // a weak bladder // solifenacin|mirabegron
pcos; 18-30; F; gyn; PCOS // polycystic ovary syndrome // polycystic ovaries // -
endo; 20-38; F; gyn; endometriosis // endometriosis // endometriosis // -
osa; 38-66; ; osa; OSA on CPAP|OSA // obstructive sleep apnoea on CPAP|obstructive sleep apnoea // sleep apnoea // -
bronch; 40-70; ; lung; bronchiectasis // bronchiectasis // bronchiectasis // carbocisteine
ipf; 62-76; ; lung; IPF // idiopathic pulmonary fibrosis // scarring of the lungs // nintedanib
haemo; 34-60; M; haemo; HFE haemochromatosis // hereditary haemochromatosis // too much iron in the blood // -
fvl; 25-55; ; clot; FVL het|factor V Leiden // factor V Leiden heterozygosity|factor V Leiden // factor V Leiden // -
ida; 22-70; ; anaem; IDA // iron-deficiency anaemia // low iron // ferrous sulfate
pa; 45-72; ; anaem; pernicious anaemia|B12 def // pernicious anaemia|vitamin B12 deficiency // low B12 // hydroxocobalamin
hcv; 30-52; ; liver; HCV|hep C // chronic hepatitis C // hepatitis C // - => HCV, SVR|treated hep C // hepatitis C with sustained virological response // hepatitis C, cleared with tablets // -
hbv; 24-50; ; liver; chronic HBV|HBsAg+ // chronic hepatitis B // hepatitis B // tenofovir
nafl; 42-60; ; liver; NAFLD|fatty liver // non-alcoholic fatty liver disease // a fatty liver // - => NASH cirrhosis // compensated cirrhosis due to fatty liver disease // scarring of the liver (cirrhosis) // -
hiv; 24-46; ; hiv; HIV, VL undetectable // well-controlled HIV infection // HIV // bictegravir/emtricitabine/TAF
mgus; 58-72; ; mgus; MGUS // monoclonal gammopathy of undetermined significance // an odd protein in the blood // - => MM|myeloma // multiple myeloma // myeloma // lenalidomide
adhd; 8-28; ; adhd; ADHD // attention deficit hyperactivity disorder // ADHD // methylphenidate|lisdexamfetamine
lbp; 30-66; ; lbp; chronic LBP // chronic low back pain|chronic mechanical back pain // a bad back // gabapentin|pregabalin
fibro; 28-56; ; lbp; fibromyalgia|FMS // fibromyalgia // fibromyalgia // amitriptyline|duloxetine
pmr; 62-80; ; pmr; PMR // polymyalgia rheumatica // polymyalgia // prednisolone
sle; 18-40; F; ra; SLE // systemic lupus erythematosus // lupus // hydroxychloroquine|azathioprine
ankspond; 20-34; ; ra; AS (HLA-B27+)|ank spond // ankylosing spondylitis // ankylosing spondylitis // naproxen|adalimumab
mg; 28-70; ; mg; MG // myasthenia gravis // myasthenia // pyridostigmine
addison; 22-50; ; addison; Addison's // Addison's disease|primary adrenal insufficiency // Addison's // hydrocortisone
pad; 56-74; ; pad; PVD|PAD // peripheral arterial disease|peripheral vascular disease // bad circulation in the legs // clopidogrel
aaa; 64-78; ; aaa; 4.2 cm AAA|AAA, surveillance // a small abdominal aortic aneurysm under surveillance // an aneurysm they are watching // - => AAA, EVAR|s/p EVAR // an abdominal aortic aneurysm repaired by EVAR // a repaired aneurysm // -
aost; 66-78; ; valve; mod AS // moderate aortic stenosis // a stiff heart valve // - => s/p TAVI|AS, TAVR done // aortic stenosis treated by TAVI // a stiff heart valve, replaced through the groin // clopidogrel
rayn; 18-46; F; rayn; Raynaud's // Raynaud's phenomenon // Raynaud's // nifedipine
men; 34-62; ; men; Meniere's // Meniere's disease // Meniere's // betahistine
insom; 32-70; ; insom; insomnia // chronic insomnia // bad sleep // zopiclone
etoh; 30-56; ; etoh; EtOH dep, abstinent // alcohol dependence in remission // an old drink problem, dry now // acamprosate
rls; 40-68; ; rls; RLS // restless legs syndrome // restless legs // pramipexole
""")

BETA = ("bisoprolol", "carvedilol", "propranolol", "timolol")
BAD = {  # condition -> drugs not to be given with it
    "asthma": BETA + ("naproxen",), "copd": ("propranolol", "timolol"),
    "ckd": ("metformin", "naproxen", "methotrexate", "empagliflozin", "alendronic acid", "lithium",
            "dimethyl fumarate", "risedronate"),
    "hf": ("naproxen", "nifedipine", "flecainide"), "cad": ("naproxen", "sumatriptan", "flecainide"),
    "af": ("naproxen", "clopidogrel", "ticagrelor"), "gord": ("naproxen",), "mg": BETA,
    "nafl": ("methotrexate",), "hcv": ("methotrexate",), "pad": ("sumatriptan", "propranolol", "naproxen"),
    "rayn": BETA, "dm1": ("sulfasalazine",), "etoh": ("methotrexate",), "depr": ("levetiracetam",),
    "gad": ("levetiracetam",), "aaa": ("sumatriptan",), "htn": ("sumatriptan",),
}
CLASH = [("crohn", "ms"), ("hiv", "ms"), ("bipolar", "adhd"), ("schiz", "adhd"), ("fvl", "ida"),
         ("htn", "addison"), ("nafl", "etoh"), ("pd", "schiz"), ("dem", "adhd"), ("pmr", "addison"),
         ("pso", "hcv"), ("hf", "aost"), ("dem", "schiz"), ("sle", "ms"), ("hcv", "ra"), ("dem", "bipolar"),
         ("pd", "rls"), ("ckd", "haemo"), ("af", "cad"), ("pad", "cad"), ("hbv", "ra"), ("hiv", "epil"),
         ("hcv", "mgus"), ("aost", "af"), ("aaa", "cad")]
COMMON = ["htn", "dm2", "chol", "gord", "depr", "asthma", "oaknee", "hypothy", "af", "ckd", "copd", "lbp", "osteo", "cad",
          "migr", "gout", "gad"]
# earliest year in which the words make sense, oldest age at which the entry is shown, longest believable duration
MIN_YEAR = {"hiv": 1986, "hcv": 1992, "hbv": 1976, "osa": 1994, "nafl": 1998, "fvl": 1996, "mgus": 1986, "fibro": 1990,
            "adhd": 1988, "cad": 1990, "aaa": 1996, "aost": 2006, "hf": 2000, "ra": 1994, "dm2": 1985, "ckd": 2003,
            "copd": 1998, "gad": 1985, "pcos": 1980, "dem": 2000, "amd": 2004, "ibs": 1980, "haemo": 1990, "hypothy": 1970}
MAX_AGE = {"adhd": 52, "pcos": 46, "endo": 52, "hiv": 74, "bipolar": 80, "schiz": 78, "hcv": 78, "ankspond": 80, "rayn": 80,
           "crohn": 80, "sle": 78, "dm1": 76, "ms": 76}
MAX_DUR = {"ipf": 4, "mgus": 12, "cap": 12, "hf": 11, "copd": 15, "dem": 8, "pd": 14, "amd": 10, "ckd": 22, "aaa": 9,
           "aost": 9, "pmr": 5, "nafl": 18, "cad": 22, "af": 18, "oab": 15, "insom": 20}
EVENT_MIN = {"thr": 1975, "tkr": 1980, "catar": 1986, "stone": 1986, "acl": 1988, "ppm": 1990, "cochl": 1994, "nof": 1980,
             "sleeve": 2005, "chole": 1992, "retdet": 1990, "disc": 1985, "lyme": 1988, "wle": 1988, "mi": 2000,
             "colect": 1990, "vein": 1970, "nephd": 1985, "nephc": 1980, "ctr": 1975, "rotcuff": 1985, "ihr": 1990,
             "sdh": 1980, "pe": 1975, "dvt": 1970, "tia": 1985, "cva": 1985, "panc": 1975}
STAGE_MIN = {("hcv", 1): 2014, ("aost", 1): 2010, ("ra", 1): 2001, ("aaa", 1): 1999, ("hf", 1): 2004, ("cad", 1): 1996,
             ("mgus", 1): 1995, ("ckd", 4): 1990}
USUAL = ["append", "chole", "thr", "tkr", "catar", "wrist", "ankle", "csec", "hyst", "tonsil", "ctr", "ihr", "pneu",
         "dvt", "stone", "pe", "tia", "cva", "mi", "gibleed", "vein", "nof", "mastec", "wle", "disc", "bunion", "acl"]
HEREDITARY = ["htn", "dm2", "chol", "migr", "haemo", "fvl", "glau", "gout", "asthma", "coel", "pso", "depr"]

# ---------------------------------------------------------------- events
# key; age lo-hi; sex; lateral; proc/ill/inj; abbr // clinical // lay verb phrase // causes; flags
EVENTS = {}


def _events(text):
    for line in text.strip().splitlines():
        key, ages, sex, lat, kind, words = [x.strip() for x in line.split(";")]
        lo, hi = [int(x) for x in ages.split("-")]
        ab, cl, la, cause = [x.strip() for x in words.split("//")]
        EVENTS[key] = {"key": key, "lo": lo, "hi": hi, "sex": sex, "lat": lat == "y", "kind": kind,
                       "a": ab.split("|"), "c": cl.split("|"), "l": la.split("|"),
                       "causes": [] if cause == "-" else cause.split("|")}


_events("""
append; 9-45; ; n; proc; appendicectomy|appy // appendicectomy|open appendicectomy // had {poss} appendix out|lost {poss} appendix // -
chole; 28-70; ; n; proc; lap chole|cholecystectomy // laparoscopic cholecystectomy|cholecystectomy for gallstones // had {poss} gallbladder out // -
splen; 17-45; ; n; proc; splenectomy // splenectomy // lost {poss} spleen // after a motorbike crash|after a fall from a horse|after a rugby injury
tonsil; 5-22; ; n; proc; tonsillectomy // tonsillectomy // had {poss} tonsils out // -
thr; 56-80; ; y; proc; {S} THR|{S} THA // {side} total hip replacement|{side} hip arthroplasty // had {poss} {side} hip replaced|got a new {side} hip // -
tkr; 56-80; ; y; proc; {S} TKR|{S} TKA // {side} total knee replacement|{side} knee arthroplasty // had {poss} {side} knee replaced|got a new {side} knee // -
catar; 60-82; ; y; proc; {S} phaco + IOL|{S} cataract op // {side} cataract extraction with lens implant|{side} cataract operation // had the cataract done in {poss} {side} eye // -
hyst; 36-60; F; n; proc; TAH|hysterectomy // abdominal hysterectomy|hysterectomy for fibroids // had {poss} womb removed|had a hysterectomy // -
csec; 21-40; F; n; proc; LSCS x1|C/S // caesarean section // had a caesarean // -
ectop; 20-38; F; y; proc; {S} salpingectomy (ectopic) // {side} salpingectomy for ectopic pregnancy // lost {poss} {side} tube with an ectopic // -
mastec; 40-70; F; y; proc; {S} mastectomy (breast Ca)|{S} mastectomy // {side} mastectomy for breast cancer // had {poss} {side} breast off for cancer // -
wle; 42-70; F; y; proc; {S} WLE + RT (breast Ca) // {side} breast-conserving surgery and radiotherapy for cancer // had a cancerous lump cut from {poss} {side} breast // -
orchi; 20-40; M; y; proc; {S} orchidectomy (seminoma) // {side} orchidectomy for seminoma // lost {poss} {side} testicle to cancer // -
vasec; 32-48; M; n; proc; vasectomy // vasectomy // had the snip // -
ihr; 25-70; M; y; proc; {S} IHR (mesh)|{S} inguinal hernia repair // {side} inguinal hernia repair with mesh // had a {side} groin hernia mended // -
acl; 17-38; ; y; proc; {S} ACLR|{S} ACL recon // {side} anterior cruciate ligament reconstruction // had the cruciate in {poss} {side} knee rebuilt // after a football injury|after a skiing fall|after landing badly at netball
rotcuff; 42-66; ; y; proc; {S} RC repair|{S} cuff repair // {side} rotator cuff repair // had the tendon in {poss} {side} shoulder repaired // -
ctr; 32-66; ; y; proc; {S} CTR|{S} CTD // {side} carpal tunnel decompression // had {poss} {side} carpal tunnel released // -
nof; 66-84; ; y; inj; {S} #NOF, DHS|{S} hip # // {side} neck of femur fracture fixed with a dynamic hip screw // broke {poss} {side} hip and had it pinned // after tripping on a rug|after slipping on ice|after a fall in the shower
wrist; 18-74; ; y; inj; {S} Colles #|{S} distal radius # // {side} distal radius fracture // broke {poss} {side} wrist // slipping on ice|falling off a ladder|falling from a bicycle|tripping over the dog
ankle; 18-66; ; y; inj; {S} ankle ORIF|{S} bimalleolar #, ORIF // {side} ankle fracture treated with plate and screws // broke {poss} {side} ankle and had it plated // coming down the stairs|stepping off a kerb|jumping off a trailer
clav; 15-46; ; y; inj; {S} clavicle # // {side} clavicle fracture // broke {poss} {side} collarbone // falling from a horse|coming off a mountain bike
nephd; 28-60; ; y; proc; {S} donor nephrectomy // {side} nephrectomy as a living donor // gave {poss} {side} kidney to a brother // -
nephc; 48-70; ; y; proc; {S} nephrectomy (RCC) // {side} nephrectomy for renal cell carcinoma // had {poss} {side} kidney taken out for cancer // -
thyr; 28-60; ; y; proc; {S} hemithyroidectomy // {side} hemithyroidectomy for a benign nodule // had the {side} half of {poss} thyroid removed // -
parot; 35-62; ; y; proc; {S} parotidectomy // {side} superficial parotidectomy // had a lump taken from in front of {poss} {side} ear // -
dvt; 28-74; ; y; ill; {S} DVT // {side} leg deep vein thrombosis // had a clot in {poss} {side} leg // after a long flight|after weeks in plaster
pe; 32-74; ; n; ill; PE // pulmonary embolism // had a clot on the lung // after knee surgery|after a long coach trip
pneu; 30-78; ; y; ill; {S} CAP, admitted|{S} LL pneumonia // {side} lower lobe pneumonia needing admission // was in hospital with pneumonia in {poss} {side} lung // -
ptx; 17-38; ; y; ill; {S} PTX, drain // {side} spontaneous pneumothorax treated with a chest drain // had {poss} {side} lung collapse // -
rheum; 7-15; ; n; ill; ARF in childhood // rheumatic fever in childhood // had rheumatic fever // -
tb; 18-50; ; n; ill; pulm TB, treated // treated pulmonary tuberculosis // was treated for TB // -
gibleed; 40-72; ; n; ill; UGIB (DU) // upper gastrointestinal bleed from a duodenal ulcer // had a bleeding ulcer // -
panc; 32-64; ; n; ill; acute pancreatitis // acute pancreatitis // was in hospital with pancreatitis // -
stone; 26-62; ; y; ill; {S} renal colic, ESWL // {side} ureteric stone treated by lithotripsy // had a {side} kidney stone blasted // -
retdet; 42-72; ; y; proc; {S} RD, vitrectomy // {side} retinal detachment repaired by vitrectomy // had the retina in {poss} {side} eye reattached // -
cva; 52-78; ; y; ill; CVA, {S} hemi|{oS} MCA infarct // ischaemic stroke with {side} hemiparesis // had a stroke that weakened {poss} {side} side // -
tia; 54-78; ; n; ill; TIA // transient ischaemic attack // had a mini-stroke // -
mi; 48-74; ; n; ill; STEMI, PPCI|inf MI, PCI // inferior myocardial infarction treated with primary angioplasty // had a heart attack // while shovelling snow|on a hill walk|at a wedding
bells; 24-64; ; y; ill; {S} Bell's palsy // {side} Bell's palsy // had the {side} side of {poss} face drop with Bell's palsy // -
zoster; 40-76; ; y; ill; {S} T8 zoster|shingles {S} trunk // {side} thoracic herpes zoster // had shingles round {poss} {side} ribs // -
disc; 26-58; ; n; proc; L4/5 discectomy // L4/5 microdiscectomy // had a slipped disc operated on // after lifting a washing machine|after years of heavy lifting
sleeve; 30-56; ; n; proc; sleeve gastrectomy // laparoscopic sleeve gastrectomy // had a gastric sleeve // -
bka; 22-50; ; y; proc; {S} BKA (trauma) // {side} below-knee amputation // lost {poss} {side} leg below the knee // after a farm accident|after a motorway collision
finger; 20-58; ; y; inj; {S} index fingertip amp // traumatic amputation of the {side} index fingertip // lost the tip of {poss} {side} index finger // in a sawmill|in a door|on a bread slicer
burn; 16-58; ; y; inj; {S} forearm burns, SSG // {side} forearm burns needing a skin graft // burnt {poss} {side} forearm badly enough for a graft // from a chip pan|on a steam pipe
sdh; 38-78; ; y; inj; {S} SDH, burr holes // {side} subdural haematoma drained through burr holes // had a bleed on the {side} side of the brain drained // after a fall from scaffolding|after a bicycle crash
cochl; 24-62; ; y; proc; {S} CI // {side} cochlear implant // got a cochlear implant on the {side} // -
ppm; 62-84; ; n; proc; PPM (DDD) for CHB|dual-chamber PPM // dual-chamber pacemaker for complete heart block // had a pacemaker put in // after several blackouts
mela; 32-72; ; y; proc; melanoma WLE {S} calf // wide local excision of a melanoma of the {side} calf // had a melanoma cut out of {poss} {side} calf // -
colect; 50-74; ; n; proc; R hemi (CRC) // right hemicolectomy for bowel cancer // had part of {poss} bowel removed for cancer // -
vein; 32-62; ; y; proc; {S} VV surgery|{S} VV stripping // {side} varicose vein surgery // had the veins in {poss} {side} leg stripped // -
covid; 34-74; ; n; ill; COVID, ICU 12/7 // severe COVID-19 with twelve days in intensive care // was twelve days in intensive care with Covid // -
malaria; 20-54; ; n; ill; P. falciparum malaria // falciparum malaria // came home with malaria // from Ghana|from Malawi|from Kenya
lyme; 22-60; ; n; ill; Lyme dz // Lyme disease // had Lyme disease // after a walking holiday|after forestry work
stab; 20-44; ; y; inj; penetrating injury {S} chest // stab wound to the {side} chest // was stabbed in the {side} side of the chest // -
tympa; 14-44; ; y; proc; {S} tympanoplasty // {side} tympanoplasty // had {poss} {side} eardrum patched // -
bunion; 40-66; F; y; proc; {S} bunionectomy // {side} bunion correction // had {poss} {side} bunion straightened // -
ovcyst; 20-44; F; y; proc; {S} ovarian cystectomy // {side} ovarian cystectomy // had a cyst taken off {poss} {side} ovary // -
""")
ONE_ONLY = [("thr", "nof"), ("mastec", "wle"), ("nephd", "nephc"), ("cva", "tia"), ("dvt", "pe"), ("pe", "ppm"),
            ("hyst", "ovcyst"), ("gibleed", "mi"), ("splen", "nephd"), ("sleeve", "panc"), ("hyst", "csec"),
            ("hyst", "ectop")]
EVENT_VS_COND = {  # an event that does not go with a condition
    "mi": ("cad", "af", "migr"), "nephd": ("ckd", "dm2", "dm1", "htn", "hbv", "hcv", "hiv", "sle"), "nephc": ("ckd",), "thyr": ("thy",),
    "colect": ("ibd",), "ppm": ("pad", "hf"), "pneu": ("ipf",), "dvt": ("fvl", "af"), "pe": ("af", "hf"),
    "cva": ("migr", "cad"), "tia": ("migr", "cad"), "gibleed": ("af",), "sleeve": ("coel", "ibd", "anaem"),
    "covid": (), "sdh": ("af",), "catar": ("eye",), "csec": (), "append": ("ibd",), "retdet": ("eye",),
    "panc": ("etoh",), "ptx": ("lung",), "zoster": ("hiv",), "disc": ("lbp",), "rheum": ("aost", "af"),
    "tb": ("ipf",), "splen": ("liver",), "tkr": ("oak",), "acl": ("oak",),
}
DENY = {  # later notes that cannot belong to somebody who had the event
    "append": ("CT: normal appendix", "a CT scan showed a normal appendix", "{be+} told on the scan that {poss} appendix looks fine"),
    "chole": ("USS: GB normal, no stones", "ultrasound showed a normal gallbladder without stones", "had a scan and {poss} gallbladder is still in and healthy"),
    "splen": ("spleen normal size on USS", "ultrasound confirmed a spleen of normal size", "had a scan that said {poss} spleen is a normal size"),
    "hyst": ("USS: bulky uterus", "pelvic ultrasound showed a bulky fibroid uterus", "had a scan which said {poss} womb is bulky with fibroids"),
    "cva": ("no hx CVA/TIA", "there is no history of stroke or TIA", "never had a stroke"),
    "mi": ("no previous MI", "there is no history of myocardial infarction", "never had a heart attack"),
    "pe": ("no prev VTE", "there has never been a venous thromboembolism", "never had a clot"),
    "dvt": ("no prev VTE", "there has never been a venous thromboembolism", "never had a clot"),
    "mastec": ("bilat mammogram clear, both breasts", "routine mammography of both breasts was clear and there is no history of breast cancer", "never had breast trouble and the mammogram of both sides was clear"),
    "bka": ("bilat ankle oedema", "there was oedema of both ankles and both feet were warm", "{have+} both ankles swelling up"),
    "ppm": ("no implanted devices, MRI ok", "there are no implanted cardiac devices and MRI was performed safely", "had an MRI and {have+} no pacemaker or other device"),
    "nephd": ("two normal kidneys on USS", "ultrasound showed two kidneys of normal size", "had a scan showing two good kidneys"),
    "nephc": ("two normal kidneys on USS", "ultrasound showed two kidneys of normal size", "had a scan showing two good kidneys"),
    "colect": ("colonoscopy to caecum normal, no prev surgery", "colonoscopy to the caecum was normal with no sign of earlier surgery", "had the camera all the way round and {poss} bowel has never been operated on"),
    "tb": ("no TB hx, IGRA neg", "there is no history of tuberculosis and the IGRA was negative", "never had TB and the test was clear"),
}

ALLERG = {  # key: (terse names, formal, lay, classes that clash, later proof of tolerance)
    "pen": ("PCN|penicillin|pen", "penicillin", "penicillin", (), ("amoxicillin x7/7 last yr, tolerated; NKDA", "amoxicillin was taken last year without any reaction and no drug allergies are known", "had amoxicillin last year with no bother, not allergic to anything")),
    "sulfa": ("sulfa|Septrin|co-trimoxazole", "sulfonamides", "sulfa drugs", ("sulfa",), ("co-trimoxazole course tolerated, NKDA", "a course of co-trimoxazole was tolerated and no allergies are known", "had Septrin not long ago and it did no harm, no allergies")),
    "nsaid": ("NSAIDs|aspirin/NSAIDs", "aspirin and other anti-inflammatories", "aspirin", ("nsaid",), ("takes ibuprofen freely; NKDA", "ibuprofen is used freely and no drug allergies are known", "{take+} ibuprofen all the time, no allergies at all")),
    "cod": ("codeine", "codeine", "codeine", (), ("codeine PRN, tolerates; NKDA", "codeine is taken as needed and tolerated, with no allergies", "{take+} codeine now and then without trouble, no allergies")),
    "latex": ("latex", "latex", "rubber gloves", (), ("latex skin test neg, NKA", "latex testing was negative and no allergies are recorded", "got tested and {be+} not allergic to latex or anything else")),
    "contrast": ("IV contrast|iodinated contrast", "iodinated contrast", "the dye they use for scans", (), ("contrast CT x2, no reaction; NKDA", "two contrast CT scans passed without reaction and no allergies are known", "had the dye for two scans and it was fine, no allergies")),
    "ery": ("erythromycin|macrolides", "erythromycin", "erythromycin", (), ("clarithromycin tolerated 2 yrs ago, NKDA", "clarithromycin has been tolerated and no allergies are known", "had clarithromycin and was fine, no allergies")),
    "trim": ("trimethoprim", "trimethoprim", "trimethoprim", (), ("trimethoprim for UTI, tolerated, NKDA", "trimethoprim was taken for a urine infection without reaction and no allergies are known", "had trimethoprim for a water infection and it worked fine, no allergies")),
    "ceph": ("cefalexin|cephalosporins", "cephalosporins", "cefalexin", (), ("cefuroxime at induction, no reaction, NKDA", "cefuroxime was given without reaction and no allergies are known", "had cefalexin before and was fine, no allergies")),
    "doxy": ("doxycycline", "doxycycline", "doxycycline", (), ("doxycycline course ok, NKDA", "a course of doxycycline was tolerated and no allergies are known", "had doxycycline and was fine with it, no allergies")),
    "morph": ("morphine", "morphine", "morphine", (), ("morphine PCA tolerated, NKDA", "morphine was tolerated after surgery and no allergies are known", "had a morphine pump once with no trouble, no allergies")),
    "plaster": ("Elastoplast|adhesive tape", "adhesive dressings", "sticking plasters", (), None),
    "nuts": ("peanuts", "peanuts", "peanuts", (), None),
    "bee": ("wasp stings|bee stings", "wasp stings", "wasp stings", (), None),
}
REACT = {  # terse, formal, lay
    "rash": ("rash", "a widespread rash", "{bring} {me} out in a rash"),
    "anaph": ("anaphylaxis", "anaphylaxis", "nearly killed {me}"),
    "hives": ("hives|urticaria", "urticaria", "{give} {me} hives"),
    "swell": ("facial swelling|angioedema", "facial swelling", "{make} {poss} face swell up"),
    "vomit": ("vomiting|N&V", "severe vomiting", "{make} {me} violently sick"),
}
REACT_FOR = {"latex": ["rash", "anaph", "hives"], "contrast": ["anaph", "hives", "swell"], "plaster": ["rash"],
             "nuts": ["anaph", "swell"], "bee": ["anaph", "swell"], "cod": ["vomit", "rash"],
             "morph": ["vomit"], "ery": ["vomit", "rash"]}

OCC = """bus driver|primary school teacher|farmer|dairy farmer|welder|librarian|hairdresser|baker|postal worker|joiner|
roofer|electrician|accountant|care assistant|school cook|trawler hand|forklift driver|dressmaker|butcher|bookkeeper|
taxi driver|piano tuner|church organist|train guard|plumber|civil servant|shop manager|factory supervisor|nurse|
dental receptionist|gardener|stonemason|police officer|firefighter|locksmith|chef|bar worker|translator|surveyor|
call-centre worker|warehouse packer|solicitor|violin teacher|beekeeper|lorry driver|social worker|printer|upholsterer|
crane operator|veterinary nurse|bricklayer|paramedic|museum guide|florist|potter|scaffolder|tailor|cleaner"""
OCC = [x.strip() for x in OCC.replace("\n", "").split("|")]
PLACES = """Sligo|Whitby|Kilkenny|Paisley|Hereford|Dundee|Swansea|Carlisle|Truro|Bangor|Ludlow|Grimsby|Oban|Ennis|Stroud|
Halifax|Kendal|Perth|Hexham|Clonmel|Margate|Wrexham|Athlone|Inverness|Boston|Skibbereen|Rotherham|Lancaster|Derry|Ayr|
Duluth|Savannah|Spokane|Moncton|Ballarat|Dunedin|Geelong|Kingston|Bendigo|Toledo"""
PLACES = [x.strip() for x in PLACES.replace("\n", "").split("|")]
SOCIAL = """{live+} alone with an old greyhound|{live+} with a sister who is deaf|{have+} two grown-up daughters abroad|
{live+} on the fourth floor with no lift|{care+} for a brother with Down syndrome|{sing+} in a choir|{keep+} racing pigeons|
{swim+} in the sea all year round|{have+} five grandchildren|{live+} with a son and his family|{grow+} vegetables on an allotment|
{have+} an identical twin|{live+} on a narrowboat|{speak+} mainly Polish and {need+} an interpreter|{speak+} mainly Punjabi|
{use+} a walking stick outdoors|{play+} bowls every week|{have+} no children|{live+} in sheltered housing|{be+} a Jehovah's Witness|
{be+} registered blind in one eye|{breed+} Border collies|{ride+} a bicycle everywhere|{live+} in a bungalow by the harbour|
{have+} three boys at school|{share+} a flat with two friends|{run+} half marathons|{go+} to dance class twice a week|
{wear+} hearing aids|{be+} a keen chess player|{look+} after two horses|{have+} a caravan in Wales|{fish+} at weekends|
{be+} strictly vegan|{play+} the accordion in a band|{be+} left-handed|{paint+} watercolours|{go+} to Mass every day""".replace("\n", "").split("|")
SOCIAL = [x.strip() for x in SOCIAL]
YOUNG_NO = ("five grandchildren", "grown-up", "sheltered", "son and his family", "hearing aids", "walking stick")
OLD_NO = ("half marathons", "three boys at school", "share+")

GIVEN_F = """Agnes|Margaret|Siobhan|Priya|Halina|Doreen|Yvonne|Carmel|Ifeoma|Beatriz|Joan|Ruth|Kathleen|Sandra|Mei Ling|Fatima|
Gwen|Patricia|Noreen|Elspeth|Tanya|Rosalind|Adele|Maureen|Jacqueline|Nadia|Bernadette|Hilary|Olena|Chloe|Imogen|Shauna|Grace|Winifred""".replace("\n", "").split("|")
GIVEN_M = """Desmond|Patrick|Colin|Ravi|Tomasz|Leonard|Derek|Kwame|Ewan|Declan|Stanley|Vincent|Harold|Mohammed|Gareth|Alan|
Bernard|Neil|Francis|Callum|Igor|Terence|Hugh|Luis|Brendan|Keith|Samuel|Dennis|Owen|Jamal|Roy|Angus|Philip|Michael""".replace("\n", "").split("|")
SUR = """Tully|Okafor|Brannigan|Kowalska|Whitelaw|Pryce|Ferreira|Dunmore|Sandhu|Mulcahy|Haddow|Lister|Nwosu|Penrose|Chaudhry|
Gallagher|Rutter|Macrae|Oyelaran|Blackett|Hennessy|Voss|Tranter|Quigley|Abara|Stobbs|Treharne|Dasgupta|Farrelly|Wardle|
Cobley|McShane|Ingleby|Petrov|Lomax|Yeats|Barraclough|Deasy|Gormley|Hussain|Kirkbride|Lavelle|Moffat|Nairn|Ormerod|Pask|Rahman|Skelly""".replace("\n", "").split("|")
GIVEN_F = [x.strip() for x in GIVEN_F]
GIVEN_M = [x.strip() for x in GIVEN_M]
SUR = [x.strip() for x in SUR]
NICK = {"Margaret": "Peggy", "Patricia": "Pat", "Kathleen": "Kath", "Jacqueline": "Jackie", "Winifred": "Win",
        "Bernadette": "Bernie", "Patrick": "Paddy", "Leonard": "Len", "Terence": "Terry", "Samuel": "Sam",
        "Francis": "Frank", "Michael": "Mick", "Vincent": "Vince", "Rosalind": "Ros", "Desmond": "Des"}
BLOOD = ["O pos", "O neg", "A pos", "A neg", "B pos", "B neg", "AB pos", "AB neg"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December"]

# reason for the note: terse, formal noun phrase, lay verb phrase
REASONS = [tuple(x.strip() for x in y.split(" / ")) for y in """
cough 5 days, green sputum / a five-day productive cough / {have+} had a chesty cough for five days
dizzy on standing / dizziness on standing / {feel+} dizzy getting out of the chair
D&V since last night / vomiting and diarrhoea overnight / {have+} been sick since last night
lac to scalp, mechanical fall / a scalp laceration after a simple trip / tripped and cut {poss} head
dysuria + freq, ?UTI / urinary frequency and burning / {have+} been running to the toilet and it burns
itchy rash trunk 3/7 / a three-day itchy rash on the trunk / {have+} an itchy rash on {poss} tummy
sore throat, temp 38.1 / a sore throat with fever / {have+} a sore throat and a temperature
tired all the time / persistent tiredness / {be+} worn out all the time
epistaxis, settled / a nosebleed that has now settled / had a nosebleed that would not stop at first
insect bite, spreading redness / a spreading infection round an insect bite / got bitten by something and it is spreading
constipation 1/52 / a week of constipation / {have+} been bunged up for a week
dental abscess / a dental abscess / {have+} a tooth abscess
earache 2/7 / two days of earache / {have+} had earache for two days
palpitations, resolved / a brief episode of palpitations / had {poss} heart racing for a few minutes
wt loss 4 kg ?cause / unexplained weight loss of 4 kg / {have+} lost more than half a stone without trying
headache since Mon / headache since Monday / {have+} had a headache since Monday
nausea after new tabs / nausea since a tablet change / {feel+} queasy since the tablets changed
indigestion / upper abdominal discomfort after meals / {get+} a gnawing pain after meals
poor sleep / poor sleep / cannot sleep at the moment
dog bite, needs tetanus / a dog bite needing a tetanus booster / got nipped by a dog
foreign body in eye / a foreign body sensation in one eye / {have+} grit in one eye
collapse ?vasovagal / a simple faint / fainted in the queue at the bank
low mood screen / a routine mood review / {be+} due a check on how {subj} {be+} coping
annual review / an annual review / {be+} due the yearly check
repeat Rx query / a query about repeat medication / {need+} the repeat prescription sorted
flu jab / a flu vaccination / {be+} in for the flu jab
pre-travel advice / travel vaccination advice / {be+} going abroad and {need+} jabs
neck pain post RTC / neck pain after a minor road collision / {have+} a stiff neck after a bump in the car
bruising, bloods / unexplained bruising / {bruise+} at the slightest knock
night sweats / night sweats / {wake+} up drenched in sweat
hoarse voice 3/52 / three weeks of hoarseness / {have+} been hoarse for three weeks
muscle cramps / night-time muscle cramps / {get+} cramps at night
wax, muffled hearing / ear wax with muffled hearing / {have+} ears full of wax
sinusitis / facial pain from sinusitis / {have+} blocked sinuses
ingrown toenail / an infected ingrown toenail / {have+} a sore ingrown toenail
abnormal LFTs / mildly abnormal liver tests / got told {poss} liver test was a bit off
raised ESR / a raised inflammatory marker / got told a blood test was up
fit note / a fit note / {need+} a sick note
blister on heel / a heel blister / {have+} a blister on one heel
food poisoning / a short episode of food poisoning / ate something bad at a barbecue
""".strip().splitlines()]
MINOR_OPS = ["a colonoscopy", "dental extractions", "excision of a skin lesion", "an upper GI endoscopy", "a cystoscopy",
             "removal of a ganglion", "a lipoma excision"]

# things that are truly absent: terse, formal, lay; keys (conditions or events) that rule the sentence out
NEGS = [
    ("no hx MI/CVA", "There is no history of heart attack or stroke", "{subj} never had a heart attack or a stroke", ("mi", "cva", "tia", "cad", "af", "pad")),
    ("denies CP or SOB", "{He} denies chest pain or breathlessness", "no chest pain and {subj} {be+} not short of breath", ("copd", "ipf", "hf", "cad")),
    ("non-diabetic", "{He} is not diabetic", "{subj} {be+} not diabetic", ("dm1", "dm2")),
    ("no asthma/COPD", "There is no asthma or COPD", "{poss} lungs are fine", ("asthma", "copd", "ipf", "bronch", "ptx", "pneu", "tb", "pe")),
    ("no hx of VTE", "There has been no venous thromboembolism", "{subj} never had a clot", ("dvt", "pe", "fvl")),
    ("no Ca hx", "There is no history of cancer", "{subj} never had cancer", ("mastec", "wle", "cap", "orchi", "nephc", "mela", "colect", "mgus")),
    ("no seizures", "{He} has never had a seizure", "{subj} never had a fit", ("epil", "sdh")),
    ("nil surgical hx of note", None, None, ("*proc",)),
    ("BP normal, no HTN", "{His} blood pressure has always been normal", "{poss} blood pressure is always fine", ("htn", "cad", "ckd", "hf", "cva", "tia")),
]

NEGS = [n for n in NEGS if n[1]]
ROUTINE = ("annual", "flu jab", "repeat Rx", "pre-travel", "fit note", "low mood", "wax", "abnormal LFT", "raised ESR",
           "tired", "poor sleep", "ingrown", "muscle", "hoarse", "indigestion", "nausea")
ADMIT = ("cough", "D&V", "dysuria", "insect", "palpit", "wt loss", "collapse", "headache", "epistaxis", "lac to",
         "food", "dental")
HOME = ("tired", "flu jab", "poor sleep", "constip", "blister", "dizzy", "ingrown", "wt loss", "low mood")
R_ACUTE = [r for r in REASONS if not r[0].startswith(ROUTINE)]
R_ADMIT = [r for r in REASONS if r[0].startswith(ADMIT)]
R_ROUTINE = [r for r in REASONS if r[0].startswith(ROUTINE)]
NUM = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
       "seventeen eighteen nineteen twenty").split()


def words(n):
    return NUM[n] if 0 <= n <= 20 else str(n)


def cap(s):
    return s[:1].upper() + s[1:]


def sent(s):
    s = cap(s.strip())
    return s if s.endswith((".", "?", "!")) else s + "."


def join(xs):
    xs = list(xs)
    return xs[0] if len(xs) == 1 else ", ".join(xs[:-1]) + " and " + xs[-1]


def an(np):
    if "burns" in np or "surgery" in np and "bypass" not in np:
        return np
    if np.startswith(("treated ", "falciparum", "acute ", "upper ", "rheumatic", "Lyme", "coronary", "severe ",
                      "penetrating")):
        return np if not np.startswith("upper") else "an " + np
    if np.startswith(("pulmonary embolism",)):
        return "a " + np
    vowel = np[0] in "aeioAEIO" and not np.startswith("once") or np.startswith(("L4", "uph", "HIV", "MS "))
    return ("an " if vowel else "a ") + np


def conj(text, person):
    """Fill {verb+} for the first or third person singular."""
    def one(m):
        v = m.group(1)
        if person == 1:
            return {"be": "am"}.get(v, v)
        if v in ("be", "have"):
            return {"be": "is", "have": "has"}[v]
        return v + "es" if v.endswith(("sh", "ch", "o")) else v + "s"
    text = re.sub(r"\{(\w+)\+\}", one, text)
    return re.sub(r"\{(bring|give|make)\}", lambda m: m.group(1) + "s", text)


# ---------------------------------------------------------------- people
class Person:
    pass


def new_person(r, t, age=None, sex=None, by=None, conds=(), n_conds=3, n_events=2, lateral=False, events=(),
               lo_age=24, hi_age=88):
    """An invented patient whose facts all hold at the year t."""
    p = Person()
    p.sex = sex or r.pick("FM")
    if by is None:
        by = t - (age if age is not None else r.pick([r.int(lo_age, hi_age), r.int(44, hi_age)]))
    p.by, p.bm, p.bd = by, r.int(1, 12), r.int(1, 28)
    p.given = r.pick(GIVEN_F if p.sex == "F" else GIVEN_M)
    p.sur = r.pick(SUR)
    p.blood = r.pick(BLOOD)
    p.occ, p.place = r.pick(OCC), r.pick(PLACES)
    p.kgs = {}
    p.height = r.int(152, 174) if p.sex == "F" else r.int(164, 190)
    bmi = r.int(20, 36)
    p.weight = round(bmi * (p.height / 100) ** 2)
    p.hba1c, p.chol_v, p.bp = r.int(52, 88), r.int(38, 72) / 10, (r.int(118, 158), r.int(66, 92))
    age_t = t - p.by
    p.conds, p.events = [], []
    p.allergy = None
    if r.chance(0.55):
        k = r.pick(sorted(ALLERG))
        p.allergy = (k, r.pick(REACT_FOR.get(k, ["rash", "anaph", "hives", "swell", "vomit"])))
    groups = []
    keys = list(conds) + r.shuffled(sorted(CONDS) + COMMON + COMMON)
    for i, key in enumerate(keys):
        if len(p.conds) >= max(n_conds, len(conds)):
            break
        c = CONDS[key]
        if c["sex"] not in ("", p.sex) or c["group"] in groups or age_t < c["lo"] + 2:
            continue
        if age_t > MAX_AGE.get(key, 99):
            continue
        if any((key, o["key"]) in CLASH or (o["key"], key) in CLASH for o in p.conds):
            continue
        inst = new_cond(r, p, c, t)
        if inst is None:
            continue
        p.conds.append(inst)
        groups.append(c["group"])
    for c in p.conds:
        pick_drugs(r, p, c)
    ekeys = list(events) + r.shuffled(sorted(EVENTS) + USUAL + USUAL)
    if lateral:
        ekeys = list(events) + [k for k in ekeys if EVENTS[k]["lat"]] + ekeys
    for key in ekeys:
        if len(p.events) >= n_events:
            break
        e = new_event(r, p, EVENTS[key], t)
        if e:
            p.events.append(e)
    ck = [c["key"] for c in p.conds]
    if "copd" in ck or "pad" in ck:
        p.smoke = r.pick(["ex", "cur"])
    else:
        p.smoke = r.pick(["never", "never", "ex", "ex", "cur"])
    p.packs = r.pick([5, 10, 15, 20, 25, 30, 40])
    p.quit = max(p.by + 26, t - r.int(3, 25))
    if p.quit >= t or p.by + 18 + p.packs > t:
        p.smoke, p.packs = ("never", 0) if "copd" not in ck and "pad" not in ck else ("cur", 20)
    p.perday = r.pick([5, 10, 15, 20])
    okay = [s for s in SOCIAL if not (age_t < 55 and any(y in s for y in YOUNG_NO))
            and not (age_t > 62 and any(o in s for o in OLD_NO))
            and not ("horses" in s and age_t > 82)]
    p.soc = r.sample(okay, 2)
    p.negs = [n for n in NEGS if not any(k in n[3] for k in ck + [e["key"] for e in p.events])]
    return p


def new_cond(r, p, c, t):
    age_t = t - p.by
    hi = min(c["hi"], age_t - 1)
    if hi < c["lo"]:
        return None
    lo = max(c["lo"], hi - 16) if r.chance(0.75) else c["lo"]
    lo = max(lo, MIN_YEAR.get(c["key"], 1960) - p.by, age_t - MAX_DUR.get(c["key"], 60))
    if lo > hi:
        return None
    onset = p.by + r.int(lo, hi)
    years = [onset]
    for k in range(1, len(c["stages"])):
        years.append(max(years[-1] + r.int(3, 7), STAGE_MIN.get((c["key"], k), 0)))
    ab = r.int(0, 9)
    return {"key": c["key"], "years": years, "drugs": [], "ab": ab, "by": p.by}


def pick_drugs(r, p, inst):
    c = CONDS[inst["key"]]
    others = [d for o in p.conds for d in o["drugs"] if d]
    banned = [d for o in p.conds for d in BAD.get(o["key"], ())]
    clash_cls = ALLERG[p.allergy[0]][3] if p.allergy else ()
    out, last = [], None
    for st in c["stages"]:
        ok = [d for d in st["d"] if d not in banned and DRUGS[d][1] not in clash_cls
              and DRUGS[d][1] not in [DRUGS[o][1] for o in others]]
        if last in ok:
            out.append(last)
        else:
            last = r.pick(ok) if ok else None
            out.append(last)
    inst["drugs"] = out


def new_event(r, p, e, t):
    age_t = t - p.by
    if e["sex"] not in ("", p.sex):
        return None
    if any(e["key"] == o["key"] or (e["key"], o["key"]) in ONE_ONLY or (o["key"], e["key"]) in ONE_ONLY
           for o in p.events):
        return None
    if e["lat"] and sum(1 for o in p.events if EVENTS[o["key"]]["lat"]) >= 2:
        return None
    bad = EVENT_VS_COND.get(e["key"], ())
    if any(CONDS[c["key"]]["group"] in bad or c["key"] in bad for c in p.conds):
        return None
    if e["key"] == "ovcyst" and any(o["key"] == "hyst" for o in p.events):
        return None
    hi = min(e["hi"], age_t - 1)
    if hi < e["lo"]:
        return None
    lo = max(e["lo"], hi - 22) if r.chance(0.7) else e["lo"]
    year = p.by + r.int(lo, hi)
    if e["key"] == "covid":
        if t < 2021 or not e["lo"] <= 2020 - p.by <= e["hi"]:
            return None
        year = 2020
    if year < EVENT_MIN.get(e["key"], 1950):
        return None
    if any(o["year"] == year for o in p.events):
        return None
    return {"key": e["key"], "year": year, "side": r.pick(["left", "right"]) if e["lat"] else "",
            "cause": r.pick(e["causes"]) if e["causes"] and r.chance(0.7) else "", "by": p.by}


def stage(c, t):
    i = 0
    for k, y in enumerate(c["years"]):
        if y <= t:
            i = k
    return i


# ---------------------------------------------------------------- one note
class Note:
    """One rendering: who (p), when (t), which facts (f), which style."""

    def __init__(self, r, p, t, f, style, brand, abbr):
        self.r, self.p, self.t, self.f, self.style = r, p, t, f, style
        self.brand, self.abbr = brand, abbr
        self.reg = style["reg"]
        self.month = r.int(1, 12)
        self.day = r.int(1, 28)
        self.age = t - p.by - (1 if self.month < p.bm else 0)
        self.person = 1 if self.reg == "lay1" else 3
        fem = p.sex == "F"
        self.he = "she" if fem else "he"
        self.his = "her" if fem else "his"
        self.him = "her" if fem else "him"
        self.I = "I" if self.person == 1 else self.he
        self.my = "my" if self.person == 1 else self.his
        self.me = "me" if self.person == 1 else self.him
        self.done = set()

    # -- words
    def lay(self, s, side="", other=""):
        s = conj(s, self.person)
        return (s.replace("{poss}", self.my).replace("{me}", self.me).replace("{subj}", self.I)
                .replace("{side}", side))

    def drug(self, d, dose=None):
        r, (brands, amount, _cls, lay) = self.r, DRUGS[d]
        b = self.brand == "b" or (self.brand == "m" and r.chance(0.4))
        name = brands[0] if b else d
        if b and len(brands) > 1 and r.chance(0.5):
            name = brands[1]
        if self.reg in ("lay1", "lay3"):
            if r.chance(0.18):
                return an(lay) if not lay.endswith("s") and lay not in (
                    "warfarin", "lithium", "azathioprine", "methotrexate", "tamoxifen", "clozapine", "propranolol",
                    "B12", "paracetamol", "steroid replacement", "olanzapine", "quetiapine", "sulfasalazine",
                    "hydroxychloroquine", "Campral") else lay
            return name
        if dose or (dose is None and r.chance(0.55)):
            return name + " " + amount
        return name

    def cond_np(self, c, year=None):
        r, st = self.r, stage(c, self.t)
        S = CONDS[c["key"]]["stages"][st]
        if self.reg == "terse" and self.abbr:
            np = S["a"][c["ab"] % len(S["a"])] if r.chance(0.6) else r.pick(S["a"])
        elif self.reg in ("terse", "formal"):
            np = r.pick(S["c"])
            if self.reg == "terse":
                np = re.sub(r"^an? ", "", np)
        else:
            np = r.pick(S["l"])
        y = c["years"][st] if c["key"] != "dm2" or st < 2 else None
        if year and y and y <= self.t and y - self.p.by >= 0:
            if self.reg == "terse":
                np += r.pick([" (%d)", " %d", " since %d", " (dx %d)"]) % y
            elif self.reg == "formal":
                np += r.pick([" (%d)", " since %d", " (diagnosed %d)", ", first noted in %d,"]) % y
        return np

    def event_np(self, e):
        r, E = self.r, EVENTS[e["key"]]
        S = {"left": "L", "right": "R", "": ""}[e["side"]]
        if self.reg == "terse" and self.abbr:
            oS = {"L": "R", "R": "L", "": ""}[S]
            s = r.pick(E["a"]).replace("{oS}", oS).replace("{S}", S)
            if S and r.chance(0.25):
                s = re.sub(r"(?<!\w)(L|R)(?= )", lambda m: {"L": "left", "R": "right"}[m.group(1)], s, count=1)
            return s
        return r.pick(E["c"]).replace("{side}", e["side"])

    def when(self, e):
        """(text, clock) for an event; the year may be off by one where the note says about."""
        r, y = self.r, e["year"]
        age = y - self.p.by
        jit = self.f.get("jitter", 0)
        if jit:
            return r.pick(["around %d", "in about %d"] + ([] if self.reg[:3] == "lay" else ["circa %d"])) % (y + jit)
        ago = self.t - y
        opts = ["in %d" % y, "in %d" % y]
        if self.f.get("ages", True):
            if age >= 6:
                opts += ["aged %d" % age, "at the age of %d" % age]
            if self.reg in ("lay1", "lay3") and 2 <= ago <= 20 and self.f.get("idn") in ("age", "both"):
                opts += ["about %s years ago" % words(ago)]
            if self.reg in ("lay1", "lay3") and age > 12:
                opts += ["when %s %s %d" % (self.I, "was", age), "back in %d" % y]
        return r.pick(opts)

    # -- who
    def dob(self, kind):
        p, r = self.p, self.r
        m = MONTHS[p.bm - 1]
        if kind == "terse":
            return r.pick(["%02d/%02d/%d" % (p.bd, p.bm, p.by), "%d/%d/%02d" % (p.bd, p.bm, p.by % 100),
                           "%d-%02d-%02d" % (p.by, p.bm, p.bd), "%02d-%s-%d" % (p.bd, m[:3], p.by),
                           "%02d.%02d.%d" % (p.bd, p.bm, p.by)])
        if kind == "formal":
            return r.pick(["%d %s %d" % (p.bd, m, p.by), "%d %s %d" % (p.bd, m[:3] if m != "May" else m, p.by),
                           "%02d/%02d/%d" % (p.bd, p.bm, p.by), "%s %d, %d" % (m, p.bd, p.by)])
        return r.pick(["%d %s %d" % (p.bd, m, p.by), "%s %d" % (m, p.by), "%s of %d" % (m, p.by), "%s %d, %d" % (m, p.bd, p.by)])

    def band(self):
        d = self.age // 10 * 10
        w = {20: "twenties", 30: "thirties", 40: "forties", 50: "fifties", 60: "sixties", 70: "seventies",
             80: "eighties", 90: "nineties"}[max(20, d)]
        u = self.age % 10
        pre = "early " if u < 4 else "mid-" if u < 7 else "late "
        return (pre if self.r.chance(0.4) else "") + w

    def name_full(self):
        return self.p.given + " " + self.p.sur

    def title(self):
        return "Mr" if self.p.sex == "M" else ("Mrs" if self.age > 50 else "Ms")

    def who_t(self):
        r, p, f = self.r, self.p, self.f
        sx, sw = p.sex, {"F": "female", "M": "male"}[p.sex]
        idn = f["idn"]
        a = self.age
        if idn in ("age", "both"):
            s = r.pick(["%d%s" % (a, sx), "%d %s" % (a, sx), "%dyo %s" % (a, sx), "%d y/o %s" % (a, sw),
                        "%s%d" % (sx, a), "%s, %d" % (sw, a), "%d yr old %s" % (a, {"F": "lady", "M": "man"}[sx])])
        elif idn == "band":
            s = r.pick(["%s in %s %s" % (sw, self.his, self.band()), "%s, %ds" % (sx, max(20, a // 10 * 10)),
                        "%s (age approx %d)" % (sw, int(round(a / 5.0) * 5))])
        else:
            s = r.pick([sx, sw, "adult %s" % sw, "%s pt" % sw]) if idn == "none" else sw
        if idn in ("dob", "both"):
            s += r.pick([", DOB %s", " (DOB %s)", " dob %s", " b. %s"]) % self.dob("terse")
        n = f.get("name")
        if n == "full":
            s = r.pick(["%s, %s - " % (p.sur.upper(), p.given), "%s %s, " % (p.given, p.sur),
                        "%s %s, " % (p.sur, p.given)]) + s
        elif n == "init":
            s = "%s.%s., " % (p.given[0], p.sur[0]) + s
        elif n == "given":
            s = p.given + ", " + s
        elif n == "sur":
            s = "%s %s, " % (self.title(), p.sur) + s
        return s

    def who_f(self):
        r, p, f = self.r, self.p, self.f
        sw = r.pick({"F": ["woman", "lady", "woman"], "M": ["man", "gentleman", "man"]}[p.sex])
        idn, a, n = f["idn"], self.age, f.get("name")
        dob = self.dob("formal") if idn in ("dob", "both") else ""
        tail = ""
        if f.get("place") and r.chance(0.5):
            tail = " from " + p.place
            self.done.add("place")
        if n:
            nm = {"full": r.pick([self.name_full(), "%s %s" % (self.title(), self.name_full())]),
                  "init": "%s %s. %s." % (self.title(), p.given[0], p.sur[0]),
                  "given": p.given, "sur": "%s %s" % (self.title(), p.sur)}[n]
            if idn == "both":
                return "%s (%s, age %d)%s" % (nm, r.pick(["DOB " + dob, "born " + dob]), a, tail)
            if idn == "dob":
                return "%s (%s)%s" % (nm, r.pick(["DOB " + dob, "born " + dob, "d.o.b. " + dob]), tail)
            if idn == "age":
                return r.pick(["%s (%d)%s" % (nm, a, tail), "%d-year-old %s%s" % (a, nm, tail),
                               "%s (aged %d)%s" % (nm, a, tail)])
            if idn == "band":
                return "%s (in %s %s)%s" % (nm, self.his, self.band(), tail)
            return nm + tail
        the = r.pick(["this", "this", "a"])
        if idn in ("age", "both"):
            if f.get("occ") and r.chance(0.45):
                self.done.add("occ")
                ret = "retired " if a > 66 else ""
                s = r.pick(["%s %d-year-old %s%s%s" % (the, a, ret, p.occ, tail),
                            "%s %s%s of %d%s" % (the, ret, p.occ, a, tail)])
                if the == "a":
                    s = s.replace("a 8", "an 8")
                    if s.startswith("a ") and s[2] in "aeio":
                        s = "an" + s[1:]
            else:
                s = r.pick(["%s %d-year-old %s%s" % (the, a, sw, tail), "%s %s of %d%s" % (the, sw, a, tail)])
                s = s.replace("a 8", "an 8") if s.startswith("a 8") else s
            if idn == "both":
                s += r.pick([" (DOB %s)", " (born %s)"]) % dob
            return s
        if idn == "dob":
            return "%s %s%s %s" % (the, sw, tail, r.pick(["(DOB %s)" % dob, "born on %s" % dob, "(d.o.b. %s)" % dob]))
        if idn == "band":
            return "%s %s in %s %s%s" % (the, sw, self.his, self.band(), tail)
        return "%s %s%s" % (the, sw, tail)

    def who_l(self):
        r, p, f = self.r, self.p, self.f
        idn, a, n = f["idn"], self.age, f.get("name")
        nm = {"full": self.name_full(), "given": p.given, "sur": "%s %s" % (self.title(), p.sur),
              "init": "%s %s." % (p.given, p.sur[0]), None: None}[n]
        if self.person == 1:
            out = []
            sexw = "woman" if p.sex == "F" else "man"
            if nm:
                out.append(r.pick(["My name is %s", "%s here", "This is %s"]) % nm)
            if idn in ("age", "both"):
                out.append(r.pick(["I'm %d" % a, "I am a %d year old %s" % (a, sexw), "I'm %d now" % a,
                                   "I turned %d this year" % a, "%s of %d writing" % (sexw, a)]))
            if idn in ("dob", "both"):
                out.append(r.pick(["I was born " + self._born(), "born " + self._born()]))
            if idn == "band":
                out.append(r.pick(["I'm in my %s", "a %s in my %s" % (sexw, "%s")]) % self.band())
            if idn == "none":
                out.append(r.pick(["hello", "hi", "good morning"]) if not nm else "hello")
            return sent(", ".join(out))
        rel = self.rel()
        if nm:
            rel = "%s (%s)" % (rel, nm) if rel != "Caller" else "%s, %s," % (rel, nm)
        bits = []
        if idn in ("age", "both"):
            bits.append("is %d" % a)
        if idn in ("dob", "both"):
            bits.append("was born " + self._born())
        if idn == "band":
            bits.append("is in %s %s" % (self.his, self.band()))
        if not bits:
            return ""
        return sent(rel + " " + " and ".join(bits))

    def _born(self):
        d = self.dob("lay")
        return ("on " if d[0].isdigit() or "," in d else "in ") + d

    def rel(self):
        if self.style["name"] == "phone":
            return "Caller"
        if not hasattr(self, "_rel"):
            fem = self.p.sex == "F"
            if self.age >= 54:
                c = ["Mum", "My mother", "Mam"] if fem else ["Dad", "My father", "My dad"]
            elif self.age >= 32:
                c = ["My wife", "My sister"] if fem else ["My husband", "My brother"]
            else:
                c = ["My daughter"] if fem else ["My son"]
            self._rel = self.r.pick(c)
        return self._rel

    # -- segments
    def seg_C(self):
        r, cs = self.r, self.f.get("conds", [])
        if not cs:
            return ""
        st = [stage(c, self.t) for c in cs]
        drugs = [c["drugs"][i] for c, i in zip(cs, st)]
        p_year = self.f.get("p_year", 0.35)
        only = self.f.get("drug_only", 0)
        out = []
        if self.reg == "terse":
            shown, pills = [], []
            style = r.pick(["split", "split", "inline", "medsfirst"])
            for c, d in zip(cs, drugs):
                if d and only and r.chance(only) and len(cs) > 1:
                    pills.append(self.drug(d))
                    continue
                np = self.cond_np(c, r.chance(p_year))
                if d and style == "inline" and r.chance(0.75):
                    np += r.pick([" (%s)", " on %s", " - %s"]) % self.drug(d)
                elif d and r.chance(self.f.get("p_drug", 0.7)):
                    pills.append(self.drug(d))
                shown.append(np)
            lead = r.pick(["PMH %s.", "PMHx: %s.", "Hx %s.", "Bg: %s.", "Known %s.", "Hx of %s.", "PMH incl %s.",
                           "Background %s.", "%s.", "PMH: %s.", "Pt has %s.", "LTCs: %s.", "History: %s."])
            sep = r.pick([", ", ", ", " / ", " + ", "; "])
            if shown:
                out.append(lead % sep.join(shown))
            if pills:
                m = r.pick(["Meds: %s.", "On %s.", "Takes %s.", "DH %s.", "Rx %s.", "Regular meds %s.", "Meds %s."])
                m = m % r.pick([", ", " + ", "; "]).join(pills)
                out = [m] + out if style == "medsfirst" else out + [m]
        elif self.reg == "formal":
            form = r.pick(["list", "list", "each", "inline"])
            shown, pills = [], []
            for c, d in zip(cs, drugs):
                if d and only and r.chance(only) and len(cs) > 1:
                    pills.append(self.drug(d))
                    continue
                show_drug = d and r.chance(self.f.get("p_drug", 0.7))
                if form == "each" and show_drug:
                    np, dr = self.cond_np(c), self.drug(d, dose=r.chance(0.4))
                    y = c["years"][stage(c, self.t)]
                    out.append(sent(r.pick([
                        "%s takes %s for %s" % (self.he, dr, np),
                        "%s is treated with %s" % (np, dr),
                        "for %s %s is on %s" % (np, self.he, dr),
                        "%s has been managed with %s" % (np, dr),
                        "%s has %s, for which %s is prescribed" % (self.he, np, dr)
                        if not dr.endswith("s") else "%s has %s and uses %s" % (self.he, np, dr),
                        "%s was diagnosed in %d and %s is established on %s" % (np, y, self.he, dr)
                        if stage(c, self.t) == 0 else "%s now has %s and takes %s" % (self.he, np, dr)])))
                else:
                    np = self.cond_np(c, r.chance(p_year))
                    if show_drug and form == "inline":
                        np = np.rstrip(",") + r.pick([" (%s)", " on %s", ", treated with %s"]) % self.drug(d)
                    elif show_drug:
                        pills.append(self.drug(d))
                    shown.append(np)
            if shown:
                body = join(shown) if not any("," in s for s in shown) else "; ".join(s.rstrip(",") for s in shown)
                out.insert(r.int(0, len(out)), sent(r.pick([
                    "past history includes %s", "background of %s", "%s has %%s" % self.he,
                    "comorbidities: %s", "%s is known to have %%s" % self.he, "medical history: %s",
                    "long-term problems are %s" if len(shown) > 1 else "the long-term problem is %s",
                    "%s lives with %%s" % self.he, "%s past medical history is of %%s" % self.his,
                    "relevant conditions: %s"]) % body))
            if pills:
                out.append(sent(r.pick(["regular medication: %s", "%s takes %%s" % self.he, "current treatment is %s",
                                        "%s remains on %%s" % self.he, "prescribed %s", "medicines on record: %s"])
                                % join(pills)))
        else:
            form = r.pick(["each", "each", "list", "mix"])
            names, pills = [], []
            I, have, am = self.I, conj("{have+}", self.person), conj("{be+}", self.person)
            take = conj("{take+}", self.person)
            for k, (c, d) in enumerate(zip(cs, drugs)):
                np = self.cond_np(c)
                y = c["years"][stage(c, self.t)]
                use = d and r.chance(self.f.get("p_drug", 0.7))
                if form != "list" and (form == "each" or k == 0):
                    if use:
                        dr = self.drug(d)
                        out.append(sent(r.pick([
                            "%s %s %s for %s" % (I, take, dr, np), "the doctor put %s on %s for %s" % (self.me, dr, np),
                            "%s %s %s and %s %s" % (I, have, np, take, dr), "%s %s on %s because of %s" % (I, am, dr, np),
                            "%s %s been on %s for %s since %d" % (I, have, dr, np, y) if c["key"] not in ("cad", "aost")
                            else "%s %s on %s for %s" % (I, am, dr, np),
                            "for %s %s %s %s" % (np, I, take, dr)])))
                    else:
                        opts = ["%s %s %s" % (I, have, np), "there's %s as well" % np, "%s also %s %s" % (I, have, np)]
                        if c["key"] not in ("cad", "aost", "hcv", "aaa") and y <= self.t:
                            opts += ["%s %s had %s since about %d" % (I, have, np, y),
                                     "they found %s in %d" % (np, y)]
                        out.append(sent(r.pick(opts if k else opts[:1] + opts[3:])))
                else:
                    names.append(np)
                    if use:
                        pills.append(self.drug(d))
            if names:
                out.append(sent(r.pick(["%s %s %s" % (I, have, join(names)),
                                        "on the medical side it's %s" % join(names),
                                        "%s been told %s %s %s" % (I + ("'ve" if self.person == 1 else "'s"), I, have, join(names)),
                                        "%s main trouble%s %s" % (self.my, "s are" if len(names) > 1 else " is", join(names)),
                                        "%s %s %s on the record" % (I, have, join(names)),
                                        "illnesses: %s" % join(names)])))
            if pills:
                out.append(sent(r.pick(["%s %s %s" % (I, take, join(pills)), "tablets and so on: %s" % ", ".join(pills),
                                        "%s %s on %s" % (I, am, join(pills)), "every day it's %s" % join(pills)])))
        return " ".join(out)

    def seg_E(self):
        r, es = self.r, self.f.get("events", [])
        out = []
        for e in es:
            E = EVENTS[e["key"]]
            w, cause = self.when(e), (" " + e["cause"] if e["cause"] and r.chance(0.6) else "")
            if self.reg == "formal" and cause.split(" ")[1:2] and cause.split(" ")[1].endswith("ing"):
                cause = " after" + cause
            if self.reg == "terse":
                np = self.event_np(e)
                y = str(e["year"] + self.f.get("jitter", 0)) if not self.f.get("jitter") else "~%d" % (e["year"] + self.f["jitter"])
                if e["key"] == "rheum":
                    out.append("ARF as a child.")
                    continue
                opts = ["%s %s." % (np, y), "%s: %s." % (y, np), "%s (%s)." % (np, y), "Prev %s %s." % (np, y),
                        "Hx %s %s." % (np, y)]
                if E["kind"] == "proc":
                    opts += ["s/p %s %s." % (np, y), "S/P %s (%s)." % (np, y), "PSH: %s %s." % (np, y)]
                out.append(r.pick(opts))
            elif self.reg == "formal":
                np = self.event_np(e)
                if e["key"] == "rheum":
                    out.append(sent(r.pick(["%s had rheumatic fever as a child" % self.he, "rheumatic fever in childhood"])))
                    continue
                opts = ["%s had %s%s %s" % (self.he, an(np), cause, w), "%s%s, %s" % (np, cause, w) if cause else "%s %s" % (np, w),
                        "there is a history of %s%s %s" % (np, cause, w), "%s past includes %s %s" % (self.his, an(np), w),
                        "%s, %s had %s%s" % (w, self.he, an(np), cause), "of note, %s%s %s" % (np, cause, w),
                        "previous %s (%d)" % (np, e["year"]) if not self.f.get("jitter") else "previous %s %s" % (np, w)]
                if E["kind"] == "proc":
                    opts += ["%s underwent %s%s %s" % (self.he, an(np), cause, w), "surgical history: %s %s" % (np, w)]
                out.append(sent(r.pick(opts)))
            else:
                vp = self.lay(r.pick(E["l"]), e["side"])
                I = self.I
                also = "%s was also %s%s" % (I, vp[4:], cause) if vp.startswith("was ") else "%s also %s%s" % (I, vp, cause)
                if e["key"] == "rheum":
                    out.append(sent("%s had rheumatic fever as a %s" % (I, {"F": "girl", "M": "boy"}[self.p.sex])))
                    continue
                opts = ["%s %s%s %s" % (I, vp, cause, w), "%s %s %s%s" % (w, I, vp, cause), "%s %s%s %s" % (I, vp, cause, w),
                        also + " %s" % w, "%s %s%s, that was %s" % (I, vp, cause, w)]
                out.append(sent(r.pick(opts)))
        return " ".join(out)

    def seg_A(self):
        r = self.r
        if not self.f.get("allergy"):
            return ""
        al = self.p.allergy
        if al is None:
            if self.reg == "terse":
                return r.pick(["NKDA.", "Allergies: nil.", "No known allergies.", "NKA.", "Allergy status: none."])
            if self.reg == "formal":
                return r.pick(["No known drug allergies.", "There are no known allergies.", "%s has no drug allergies." % cap(self.he),
                               "Allergies: none recorded."])
            return sent(self.lay(r.pick(["not allergic to anything", "{subj} {have+} no allergies", "no allergies that {subj} {know+} of"])))
        k, rx = al
        A, R = ALLERG[k], REACT[rx]
        if self.reg == "terse":
            n = r.pick(A[0].split("|")) if self.abbr else A[1]
            x = r.pick(R[0].split("|"))
            return r.pick(["Allergic to %s (%s).", "ALLERGY %s - %s.", "Allergies: %s (%s).", "%s allergy (%s).",
                           "All: %s, %s.", "NB %s -> %s."]) % (n, x)
        if self.reg == "formal":
            n, x = A[1], R[1]
            return sent(r.pick(["%s is allergic to %s (%s)" % (self.he, n, x), "please note an allergy to %s, which caused %s" % (n, x),
                                "%s gave %s %s in the past" % (n, self.him, x) if not n.endswith("s") else
                                "%s have given %s %s in the past" % (n, self.him, x),
                                "recorded allergy: %s (%s)" % (n, x), "%s must be avoided after %s" % (n, x)]))
        it = "they" if A[2].endswith("s") and k != "contrast" else "it"
        x = self.lay(R[2])
        if it == "they":
            x = x.replace("brings", "bring").replace("gives", "give").replace("makes", "make")
        can = "can't have" if k not in ("bee",) else "must avoid"
        return sent(r.pick(["%s %s %s, %s %s" % (self.I, can, A[2], it, x),
                            "%s %s allergic to %s - %s %s" % (self.I, conj("{be+}", self.person), A[2], it, x),
                            "careful with %s because %s %s" % (A[2], it, x)]))

    def seg_M(self):
        r, p, out = self.r, self.p, []
        for m in self.f.get("meas", []):
            unit = self.f.get("unit", "si")
            T = self.reg == "terse"
            if m == "height":
                v = p.height
                inch = int(round(v / 2.54))
                us = "%d ft %d" % (inch // 12, inch % 12)
                if self.reg == "lay1":
                    out.append(r.pick(["I'm %s tall.", "I am %s tall."]) % (us if unit == "us" else "%d cm" % v))
                elif self.reg == "lay3":
                    out.append("%s is %s tall." % (cap(self.he), us if unit == "us" else "%d cm" % v))
                else:
                    out.append(r.pick(["Ht %s." if T else "Height %s.", "Height %s."]) % (us + " in" if unit == "us" else "%d cm" % v))
            elif m == "weight":
                v = p.weight + self.f.get("dw", 0)
                us = r.pick(["%d lb" % round(v * 2.20462), "%d st %d" % (int(round(v * 2.20462)) // 14, int(round(v * 2.20462)) % 14)])
                if self.reg in ("lay1", "lay3"):
                    out.append("%s about %s." % (cap(self.lay("{subj} {weigh+}")) if self.person == 3 else "I weigh", us if unit == "us" else "%d kg" % v))
                else:
                    out.append(r.pick(["Wt %s." if T else "Weight %s.", "Weight %s."]) % (us if unit == "us" else "%d kg" % v))
            elif m == "hba1c":
                v = p.hba1c
                x = "%.1f%%" % (0.0915 * v + 2.15) if unit == "us" else "%d mmol/mol" % v
                out.append(r.pick(["HbA1c %s.", "Last HbA1c %s."]) % x if self.reg in ("terse", "formal")
                           else sent("%s last sugar test (HbA1c) was %s" % (self.my, x)))
            elif m == "chol":
                v = p.chol_v
                x = "%d mg/dL" % round(v * 38.67) if unit == "us" else "%.1f mmol/L" % v
                out.append(r.pick(["Total chol %s." if T else "Total cholesterol %s.", "Cholesterol %s."]) % x
                           if self.reg in ("terse", "formal") else sent("%s cholesterol was %s" % (self.my, x)))
            elif m == "bp":
                b = "%d/%d" % (p.bp[0] + r.int(-5, 6), p.bp[1] + r.int(-4, 4))
                out.append("BP %s." % b if self.reg in ("terse", "formal") else sent("%s blood pressure was %s" % (self.my, b)))
        return " ".join(out)

    def seg_S(self):
        r, p, f, out = self.r, self.p, self.f, []
        old = self.age > 66
        if f.get("occ") and "occ" not in self.done:
            o = p.occ
            if self.reg == "terse":
                out.append(r.pick(["Retired %s." if old else "Works as %s.", "Ex-%s." if old else "Occ: %s."]) % o)
            elif self.reg == "formal":
                out.append(sent(r.pick(["%s is a %s%s" % (self.he, "retired " if old else "", o) if old or o[0] not in "aeio" else "%s is an %s" % (self.he, o),
                                        ("%s worked as %s" if old else "%s works as %s") % (self.he, an(o)),
                                        "occupation: %s%s" % ("retired " if old else "", o)])))
            else:
                w = an(o)
                out.append(sent(r.pick(["%s was %s before retiring" % (self.I, w), "%s worked as %s" % (self.I, w)]) if old
                                else r.pick(["%s %s as %s" % (self.I, conj("{work+}", self.person), w),
                                             "%s %s %s" % (self.I, conj("{be+}", self.person), w)])))
        if f.get("place") and "place" not in self.done:
            lv = conj("{live+}", self.person)
            if self.reg == "terse":
                out.append(r.pick(["Lives %s.", "From %s.", "Addr %s."]) % p.place)
            elif self.reg == "formal":
                out.append(r.pick(["%s lives in %%s." % cap(self.he), "Home address in %s.", "%s comes from %%s." % cap(self.he)]) % p.place)
            else:
                out.append(sent(r.pick(["%s %s in %s" % (self.I, lv, p.place), "%s %s from %s" % (self.I, conj("{be+}", self.person), p.place)])))
        for s in f.get("soc", []):
            s = conj(s, 3 if self.person == 3 else 1)
            if self.reg == "terse":
                out.append(cap(s.replace(" a ", " ", 1) if r.chance(0.3) and "in a" not in s else s) + ".")
            else:
                out.append(sent("%s %s" % (self.I, s)))
        if f.get("smoke"):
            k = p.smoke
            if k == "ex" and p.quit > self.t:
                k = "ex"
            if k == "never":
                x = {"terse": ["Never smoked.", "Never smoker.", "Non-smoker, lifelong."], "formal": ["%s has never smoked." % cap(self.he), "Lifelong non-smoker."],
                     "lay": [sent(self.lay("{subj} never smoked")), sent(self.lay("{subj} never smoked in {poss} life"))]}
            elif k == "ex":
                x = {"terse": ["Ex-smoker, %d pk yrs, stopped %d." % (p.packs, p.quit), "Ex-smoker %d p/y (quit %d)." % (p.packs, p.quit)],
                     "formal": ["%s stopped smoking in %d after %d pack-years." % (cap(self.he), p.quit, p.packs), "An ex-smoker since %d (%d pack-years)." % (p.quit, p.packs)],
                     "lay": [sent("%s gave up the cigarettes in %d" % (self.I, p.quit)), sent("%s smoked until %d" % (self.I, p.quit))]}
            else:
                x = {"terse": ["Smokes %d/day." % p.perday, "Current smoker %d/d." % p.perday], "formal": ["%s smokes %d cigarettes a day." % (cap(self.he), p.perday)],
                     "lay": [sent(self.lay("{subj} still {smoke+} about %d a day" % p.perday)), sent(self.lay("{subj} {smoke+} %d a day" % p.perday))]}
            out.append(r.pick(x[self.reg if self.reg in ("terse", "formal") else "lay"]))
        if f.get("blood"):
            b = p.blood
            if r.chance(0.5):
                b = b.replace("pos", "positive").replace("neg", "negative")
            out.append({"terse": r.pick(["Grp %s.", "Blood gp %s.", "G&S: %s."]) % b,
                        "formal": r.pick(["Blood group %s.", "%s blood group is %%s." % cap(self.his)]) % b}.get(
                            self.reg, sent("%s blood group is %s" % (self.my, b))))
        return " ".join(r.shuffled(out))

    def seg_N(self):
        out = []
        for n in self.f.get("neg", []):
            if self.reg == "terse":
                out.append(cap(n[0]) + "." if self.r.chance(0.5) else n[0] + ".")
            elif self.reg == "formal":
                out.append(sent(n[1].replace("{He}", cap(self.he)).replace("{His}", cap(self.his))))
            else:
                out.append(sent(self.lay(n[2])))
        return " ".join(out)

    def seg_X(self):
        """Explicit extra statements (terse, formal, lay)."""
        out = []
        for x in self.f.get("extra", []):
            if self.reg == "terse":
                out.append(cap(x[0]) + ".")
            elif self.reg == "formal":
                out.append(sent(x[1]))
            else:
                s = self.lay(x[2])
                out.append(sent(s if s.startswith(("no ", "not ")) else "%s %s" % (self.I, s)))
        return " ".join(out)

    def date(self):
        r = self.r
        m = MONTHS[self.month - 1]
        if self.reg == "terse":
            return r.pick(["%02d/%02d/%d" % (self.day, self.month, self.t), "%d-%02d-%02d" % (self.t, self.month, self.day),
                           "%s %d" % (m[:3], self.t)])
        return r.pick(["%d %s %d" % (self.day, m, self.t), "%s %d" % (m, self.t)])

# ---------------------------------------------------------------- styles
# opens may use {t} terse identity, {np}/{Np} formal identity, {w} lay identity sentence,
# {rt}/{rf}/{rl} the reason for the note, {He}/{he}/{his}/{him}
# orders: C conditions and drugs, E events, A allergy, M measurements, S social, N absent, X extra, R reason
STYLES = [
    dict(name="triage", reg="terse", rk="acute", opens=[
        "{t}, self-presented, {rt}.", "{t}. PC: {rt}.", "Triage 02:40. {t}, {rt}.", "{t} brought in by friend, {rt}.",
        "Walk-in, {t}. {rt}.", "{t} c/o {rt}.", "PC {rt}. {t}.", "{t}. Ref by 111 with {rt}.", "{t}. {rt}, worse today."],
        orders=["CEANMSX", "ACENXMS", "XECMSAN", "CAENSMX", "SECXNAM"],
        closes=["Cat 3, waiting room.", "Obs stable.", "NEWS 1.", "For minors.", "Pain 4/10.", "", "GCS 15.", "Bloods sent, urine dip.",
                "Seen by streaming nurse.", "", "Apyrexial."]),
    dict(name="discharge", reg="formal", rk="admit", opens=[
        "{Np} was admitted with {rf} and is now fit for home.", "Discharge summary: {np}, admitted with {rf}.",
        "Thank you for taking over the care of {np}, discharged today after {rf}.", "Admission for {rf}. {Np} made a good recovery.",
        "{Np} spent two nights with us because of {rf}.", "Reason for admission: {rf}. The patient is {np}.",
        "We are discharging {np} after treatment for {rf}."],
        orders=["CENXAMS", "ECXAMNS", "NCEMSXA", "CSEAXMN"],
        closes=["GP kindly to repeat bloods in two weeks.", "No change to regular tablets.", "Telephone follow-up arranged.", "",
                "Discharged with a week's supply.", "No outpatient review planned.", "", "Copy to patient."]),
    dict(name="gpletter", reg="formal", rk="any", opens=[
        "Dear colleague, thank you for seeing {np} about {rf}.", "I would be grateful for your opinion on {np}, who presents with {rf}.",
        "Many thanks for reviewing {np} with {rf}.", "Re {np}. Could you advise about {rf}?",
        "Thank you for your urgent assessment of {np} and {rf}.", "I am referring {np}, whose main concern is {rf}.",
        "Please see {np}, who came to the surgery with {rf}."],
        orders=["CEXAMSN", "ECSNAMX", "SCENXMA", "CMEASXN"],
        closes=["Yours sincerely.", "With kind regards.", "A printout is attached.", "", "Many thanks for your help.", "Happy to discuss by phone.", ""]),
    dict(name="own", reg="lay1", rk="any", opens=[
        "{w}", "{w} {rl}.", "{w} I was asked to write down my history.", "{w} You wanted a list of what I've had.",
        "{rl}. {w}", "{w} I have tried to put it in order.", "{w} I'll keep it short."],
        orders=["CESAXMN", "ECAXSMN", "SECNXAM", "EXCSAMN", "NCESMXA"],
        closes=["Thanks.", "That's about it I think.", "Otherwise I keep well.", "", "My wee book of tablets has the rest.",
                "Ring me if you need more.", "I don't remember the rest.", ""]),
    dict(name="handover", reg="terse", rk="admit", opens=[
        "Bed 7: {t}, in with {rt}.", "Side room 2, {t}, adm {rt}.", "S: {t}, {rt}. B:", "Handover: {t}. {rt}, day 2.",
        "Next is {t}, came in with {rt}.", "Bay C bed 3. {t}. Adm w/ {rt}.", "{t} from ED last night w/ {rt}."],
        orders=["CEASXMN", "ECXANMS", "CXEAMSN", "ACESNXM"],
        closes=["Plan: home tomorrow if obs ok.", "Eating and drinking, mobile x1.", "Family aware.", "IV cannula out.", "",
                "R: bloods am.", "Settled overnight.", "Awaiting TTOs.", ""]),
    dict(name="problems", reg="terse", rk="any", opens=[], orders=[], closes=[]),
    dict(name="form", reg="terse", rk="any", opens=[], orders=[], closes=[]),
    dict(name="pharmacy", reg="formal", rk="any", opens=[
        "Medicines review for {np}.", "I spoke with {np} to reconcile medicines.", "Pharmacist note on {np}.",
        "Reviewed the repeat template of {np}.", "{Np} attended the pharmacy clinic."],
        orders=["CAEXMSN", "ACEMXSN", "CXAENMS"],
        closes=["Adherence good by refill dates.", "No interactions of concern.", "Blister pack requested.", "", "Next review in six months.",
                "Inhaler and tablet technique not assessed.", ""]),
    dict(name="ambulance", reg="terse", rk="acute", opens=[
        "Crew called to {t}, {rt}.", "O/A {t} sat in chair, {rt}.", "{t} found at home, {rt}.", "Ambulance sheet. {t}. {rt}.",
        "999 call, {t}, {rt}.", "Pt {t}, c/o {rt} since this am."],
        orders=["CEANXMS", "SCEXANM", "AXCEMSN"],
        closes=["Conveyed, no pre-alert.", "Left at home with worsening advice.", "ECG NSR.", "", "BM 6.1.", "Sats 97% air.", "Refused stretcher, walked."]),
    dict(name="relative", reg="lay3", rk="any", opens=[
        "{w}", "{w} {rl}.", "I'm filling this in for the family. {w}", "{w} I do most of the talking these days.",
        "{w} You asked for the background.", "I look after the paperwork at home. {w}"],
        orders=["CESAXMN", "SECXAMN", "ECNAXSM", "XCESMAN"],
        closes=["Hope that helps.", "I can bring the tablets in.", "", "Please ring me and not the house.", "That is all we know.", ""]),
    dict(name="preop", reg="formal", rk="op", opens=[
        "Pre-assessment clinic: {np}, listed for {op}.", "{Np} was seen before {op}.", "Anaesthetic assessment of {np} ahead of {op}.",
        "I assessed {np} for {op}.", "Listed for {op}: {np}."],
        orders=["CEAMNXS", "AECXMSN", "MCEXANS", "NCEASXM"],
        closes=["ASA 2.", "Airway looks straightforward.", "Suitable for day surgery.", "", "Exercise tolerance one flight of stairs.",
                "Fasting instructions given.", "Previous anaesthetics uneventful."]),
    dict(name="clinic", reg="formal", rk="any", opens=[
        "I reviewed {np} in clinic today.", "{Np} returned to the outpatient clinic.", "It was a pleasure to meet {np}, who mentioned {rf}.",
        "Diagnoses and progress for {np}.", "{Np} came with a companion for review.", "Clinic letter: {np}.",
        "I met {np} for the first time today; the visit was prompted by {rf}."],
        orders=["CEXMASN", "ECMXNSA", "CXMESAN", "SCEXMAN"],
        closes=["I shall see {him} again in a year.", "No further appointment has been made.", "Dictated, not signed.", "", "Bloods today.",
                "We agreed to leave things as they are.", ""]),
    dict(name="occhealth", reg="formal", rk="any", opens=[
        "Report on {np}, prepared with consent.", "Occupational health summary for {np}.", "This report concerns {np}.",
        "At your request I summarise the records of {np}.", "Insurance medical report: {np}."],
        orders=["SCEXMAN", "ECSNMXA", "CESXAMN"],
        closes=["Nothing else of relevance is recorded.", "Records go back to 1998 only.", "The file is otherwise unremarkable.", "",
                "Paper notes were not available.", ""]),
    dict(name="phone", reg="lay3", rk="acute", opens=[
        "{w} {rl}.", "Telephone advice line. {w} {rl}.", "{w} Line poor. {rl}.", "Call taken at 19:10. {w} {rl}."],
        orders=["CEAXSMN", "EXCASMN", "NCEXAMS"],
        closes=["Advised to see GP.", "Advised self-care and to ring back if worse.", "Call ended by caller.", "", "Ambulance not needed.", "Pharmacy advised."]),
    dict(name="community", reg="formal", rk="home", opens=[
        "Home visit to {np}.", "Community nursing entry: {np}, visited for {rf}.", "Called on {np} this morning regarding {rf}.",
        "Care plan summary for {np}.", "New to the caseload: {np}."],
        orders=["SCEAXMN", "CESXAMN", "ECXSANM"],
        closes=["Key safe by the back door.", "Wound supplies ordered.", "Next visit Thursday.", "", "Pleasant and chatty.", "Consent to share given.", ""]),
    dict(name="physio", reg="terse", rk="routine", opens=[
        "Physio intake: {t}.", "Subj: {t}.", "New pt, {t}.", "{t}, referred for exercise class.", "Rehab assessment. {t}."],
        orders=["ECSXMAN", "SECXNAM", "CESMXAN"],
        closes=["Goals: stairs, shopping.", "HEP given.", "TUG 13 s.", "", "R/V 3/52.", "Gait even, no aid.", ""]),
    dict(name="student", reg="terse", rk="any", opens=[
        "Clerking (student). {t}. PC: {rt}.", "{t}, presents w/ {rt}.", "Hx from pt: {t}. {rt}.", "Short case: {t}, {rt}."],
        orders=["CEASXMN", "NECXAMS", "ECAXSMN"],
        closes=["O/E comfortable at rest.", "Imp: as above.", "Discussed with SHO.", "", "Plan as per reg.", "Ix: FBC, U&E, CRP."]),
    dict(name="portal", reg="lay1", rk="any", opens=[
        "{w} {rl}, can I get an appointment?", "{w} New patient, so here is my background.", "{w} Updating my record before I see the doctor.",
        "Message via app. {w}", "{w} I moved practice and nobody has my notes.", "{w} Can you check this is on my file?"],
        orders=["CEASXMN", "AECXSMN", "ECMXSNA", "XCEASNM"],
        closes=["Thank you!", "Evenings are best.", "Please update it.", "", "No rush.", "Sent from my phone.", ""]),
]
BY_NAME = {s["name"]: s for s in STYLES}


def reason_for(r, kind):
    if kind == "acute":
        return r.pick(R_ACUTE)
    if kind == "admit":
        return r.pick(R_ADMIT)
    if kind == "home":
        return r.pick([x for x in REASONS if x[0].startswith(HOME)])
    if kind == "routine":
        return r.pick(R_ROUTINE)
    return r.pick(REASONS)


def clean(s):
    s = re.sub(r"\s+", " ", s).strip()
    s = re.sub(r",(?=[.;:])", "", s)
    s = re.sub(r"\.\.+", ".", s)
    s = re.sub(r" ([,.;:])", r"\1", s)
    s = re.sub(r"^Pt (female|male) pt", r"Pt \1", s)
    s = s.replace(",,", ",").replace(":.", ":").replace(";.", ".")
    return s


def render_problems(n):
    r, f = n.r, n.f
    items = []
    for c in f.get("conds", []):
        d = c["drugs"][stage(c, n.t)]
        np = n.cond_np(c, r.chance(0.5))
        if d and r.chance(0.65):
            np += r.pick([", %s", " (%s)", " - %s"]) % n.drug(d)
        items.append(np)
    for e in f.get("events", []):
        y = "~%d" % (e["year"] + f["jitter"]) if f.get("jitter") else str(e["year"])
        items.append(r.pick(["%s %s", "%s (%s)", "%s, %s"]) % (n.event_np(e), y) if e["key"] != "rheum" else "ARF, childhood")
    for x in f.get("extra", []):
        items.append(x[0])
    if r.chance(0.5):
        items = r.shuffled(items)
    kind = r.pick(["num", "num", "dash", "active"])
    if kind == "num":
        body = " ".join("%d. %s" % (i + 1, x) for i, x in enumerate(items))
    elif kind == "dash":
        body = " - ".join([""] + items).strip()
    else:
        k = max(1, len(items) - 1)
        body = "Active: %s. Inactive/other: %s." % ("; ".join(items[:k]), "; ".join(items[k:]) or "nil")
    head = r.pick(["Problem list, {t}:", "{t}. Problems:", "Summary printout {t}.", "{t} - coded problems"]).replace("{t}", n.who_t())
    rest = [n.seg_A(), n.seg_M(), n.seg_S(), n.seg_N()]
    rest = " ".join(x for x in (rest if r.chance(0.5) else r.shuffled(rest)) if x)
    tail = r.pick(["Last updated by locum.", "", "Reviewed.", "End of list.", "", "Codes migrated from old system."])
    sepr = "" if body.endswith(".") else "."
    return " ".join(x for x in (head, body + sepr, rest, tail) if x)


def render_form(n):
    r, f, p = n.r, n.f, n.p
    style = r.pick(["snake", "title", "title", "caps"])

    def key(snake, title):
        return {"snake": snake, "title": title, "caps": title.upper()}[style]
    rows = []
    nm = f.get("name")
    if nm:
        v = {"full": p.sur + ", " + p.given, "given": p.given, "sur": p.sur, "init": p.given[0] + p.sur[0]}[nm]
        rows.append((key("name", r.pick(["Name", "Patient"])), v))
    rows.append((key("sex", r.pick(["Sex", "Gender"])), r.pick([p.sex, {"F": "female", "M": "male"}[p.sex]])))
    idn = f["idn"]
    if idn in ("dob", "both"):
        rows.append((key("date_of_birth", r.pick(["DOB", "Date of birth"])), n.dob("terse")))
    if idn in ("age", "both"):
        rows.append((key("age", "Age"), str(n.age)))
    if idn == "band":
        lo = n.age // 10 * 10
        rows.append((key("age_band", "Age band"), "%d-%d" % (lo, lo + 9)))
    body = []
    shown, pills = [], []
    for c in f.get("conds", []):
        d = c["drugs"][stage(c, n.t)]
        shown.append(n.cond_np(c, r.chance(0.4)))
        if d and r.chance(0.75):
            pills.append(n.drug(d))
    if shown:
        body.append((key("conditions", r.pick(["PMH", "Conditions", "Diagnoses", "Medical history"])), ", ".join(shown)))
    if pills:
        body.append((key("medications", r.pick(["Medication", "Current meds", "Drugs"])), r.pick([", ", " + "]).join(pills)))
    ev = []
    for e in f.get("events", []):
        y = "~%d" % (e["year"] + f["jitter"]) if f.get("jitter") else str(e["year"])
        ev.append(r.pick(["%s %s", "%s (%s)"]) % (n.event_np(e), y) if e["key"] != "rheum" else "ARF (childhood)")
    if ev:
        body.append((key("past_events", r.pick(["Procedures/events", "Surgical and other", "Past events", "History"])), ", ".join(ev)))
    if f.get("allergy"):
        if p.allergy is None:
            v = r.pick(["none known", "NKDA", "nil"])
        else:
            v = "%s (%s)" % (r.pick(ALLERG[p.allergy[0]][0].split("|")), r.pick(REACT[p.allergy[1]][0].split("|")))
        body.append((key("allergies", r.pick(["Allergies", "Allergy"])), v))
    if f.get("meas"):
        body.append((key("observations", r.pick(["Obs", "Measurements"])), n.seg_M().rstrip(".").replace(". ", ", ")))
    if f.get("smoke"):
        body.append((key("smoking", "Smoking"), {"never": "never", "ex": "ex, quit %d, %d pack-years" % (p.quit, p.packs),
                                                 "cur": "%d per day" % p.perday}[p.smoke]))
    if f.get("blood"):
        body.append((key("blood_group", "Blood group"), p.blood))
    if f.get("occ"):
        body.append((key("occupation", "Occupation"), ("retired " if n.age > 66 else "") + p.occ))
    if f.get("place"):
        body.append((key("town", r.pick(["Town", "Address"])), p.place))
    note = [conj(s, 3) for s in f.get("soc", [])]
    note += [x[0] for x in f.get("extra", [])] + [x[0] for x in f.get("neg", [])]
    if r.chance(0.6):
        body = r.shuffled(body)
    if note:
        body.append((key("notes", r.pick(["Notes", "Comments", "Free text"])), "; ".join(note) if style != "snake" else ", ".join(note)))
    if f.get("date"):
        body.append((key("recorded", r.pick(["Recorded", "Entry date"])), n.date()))
    sep = r.pick(["; ", "; ", " | "])
    return sep.join("%s: %s" % kv for kv in rows + body)


SPECIAL = {"problems": render_problems, "form": render_form}


def typo(r, s):
    toks = s.split(" ")
    idx = [i for i, w in enumerate(toks) if len(w) > 6 and w.isalpha() and w.islower()]
    if not idx:
        return s
    i = r.pick(idx)
    w = toks[i]
    k = r.int(1, len(w) - 3)
    kind = r.int(0, 2)
    if kind == 0:
        w = w[:k] + w[k + 1] + w[k] + w[k + 2:]
    elif kind == 1:
        w = w[:k] + w[k + 1:]
    else:
        w = w[:k] + w[k] + w[k:]
    toks[i] = w
    return " ".join(toks)


def render(r, p, t, f, style, brand="m", abbr=True):
    f = dict(f)
    n = Note(r, p, t, f, style, brand, abbr)
    if style["name"] in SPECIAL:
        s = SPECIAL[style["name"]](n)
        if f.get("date") and style["name"] == "problems":
            s = r.pick(["Printed %s. %s" % (n.date(), s), "%s (%s)" % (s.rstrip("."), n.date())])
        return clean(s)
    rt, rf, rl = reason_for(r, style["rk"])
    opens = style["opens"]
    if f.get("lean"):                       # thin notes leave the reason out more often
        lean = [o for o in opens if "{r" not in o]
        if lean and r.chance(0.5):
            opens = lean
    o = r.pick(opens)
    if f["idn"] == "none" and o.startswith("{rl}"):
        o = "{w} {rl}."
    np = n.who_f() if n.reg == "formal" else ""
    if style["name"] == "relative" or style["name"] == "phone":
        w = n.who_l() or sent("this is about " + n.rel().replace("My ", "my ")) if style["name"] == "relative" else (n.who_l() or "Caller rang about a health question.")
    else:
        w = n.who_l() if n.reg in ("lay1", "lay3") else ""
    if n.reg in ("lay1", "lay3"):
        rl = cap("%s %s" % (n.I, n.lay(rl)))
    t_ = n.who_t() if n.reg == "terse" else ""
    o = o.replace("{t}", t_).replace("{np}", np).replace("{Np}", cap(np)).replace("{w}", w)
    o = o.replace("{rt}", rt).replace("{rf}", rf).replace("{rl}", rl).replace("{op}", r.pick(MINOR_OPS))
    segs = {"C": n.seg_C, "E": n.seg_E, "A": n.seg_A, "M": n.seg_M, "S": n.seg_S, "N": n.seg_N, "X": n.seg_X}
    body = [segs[k]() for k in r.pick(style["orders"])]
    close = r.pick(style["closes"]).replace("{him}", n.him)
    s = " ".join(x for x in [cap(o) if n.reg != "terse" else o] + body + [close] if x)
    if f.get("date"):
        d = n.date()
        if n.reg == "terse":
            s = r.pick([d + " - " + s, d + ": " + s, s.rstrip(".") + ". Noted " + d + "."])
        elif n.reg == "formal":
            s = r.pick(["%s. %s" % (d, s), "%s Dated %s." % (s, d), "Seen %s. %s" % (d, s)])
        else:
            s = r.pick(["%s. %s" % (d, s), "%s Written %s." % (s, d)])
    if n.reg in ("terse", "lay1", "lay3") and r.chance(0.16):
        s = typo(r, s)
    if n.reg == "lay1" and r.chance(0.12):
        s = s.replace("I'm", "Im").replace("can't", "cant").replace("don't", "dont")
    if n.reg == "terse" and r.chance(0.10):
        s = s.lower() if abbr and not f.get("name") and not f.get("lateral_shown") else s
    return clean(s)


# ---------------------------------------------------------------- pairs
TERSE = [s for s in STYLES if s["reg"] == "terse"]
PROSE = [s for s in STYLES if s["reg"] != "terse"]
CARERS = ("care+", "horses", "run+", "ride+", "swim+", "live+} alone", "narrowboat")


def attr(p, k):
    """What a reader would see of one attribute, for comparing two people."""
    return {"allergy": p.allergy and p.allergy[0], "smoke": p.smoke, "blood": p.blood, "occ": p.occ,
            "place": p.place, "height": p.height // 12}[k]


def styles_for(r, p, t, same_reg_ok=True, sexed=False, terse_first=False):
    def ok(s):
        if s["reg"] == "lay1" and (sexed or any(c["key"] == "dem" and stage(c, t) > 0 for c in p.conds)):
            return False
        if s["name"] == "occhealth" and t - p.by > 66:
            return False
        return True
    pool = [s for s in STYLES if ok(s)]
    if terse_first:
        a = r.pick([s for s in pool if s["reg"] == "terse"])
        b = r.pick([s for s in pool if s["reg"] != "terse"])
        return a, b
    a = r.pick(pool)
    b = r.pick([s for s in pool if s["name"] != a["name"] and (same_reg_ok or s["reg"] != a["reg"])])
    return a, b


def name_modes(r, diff):
    """How each side is named; the same draw for both labels."""
    u = r.int(0, 99)
    both, one = {"easy": (30, 60), "medium": (16, 45), "hard": (30, 55), "ambiguous": (10, 30)}[diff]
    kinds = ["full", "full", "sur", "given"] if diff != "ambiguous" else ["given", "init", "init"]
    if u < both:
        return r.pick(kinds), r.pick(["full", "sur"] if diff != "ambiguous" else kinds)
    if u < one:
        return (r.pick(kinds), None) if r.chance(0.5) else (None, r.pick(kinds))
    return None, None


def namesake(r, p, q):
    """Give q a name that does not settle the question by itself."""
    if p.sex == q.sex and r.chance(0.55):
        q.given, q.sur = p.given, p.sur
    elif r.chance(0.3):
        q.sur = p.sur


def maybe_nick(r, p):
    q = copy.deepcopy(p)
    if p.given in NICK and r.chance(0.5):
        q.given = NICK[p.given]
    elif p.sex == "F" and r.chance(0.12):
        q.sur = r.pick(SUR)                 # a changed surname
    return q


def base_facts(r, p, t, n_c, n_e, attrs, idn, name, conds=None, events=None, extra_c=0):
    cs = conds if conds is not None else p.conds[:n_c]
    es = events if events is not None else p.events[:n_e]
    cs = [c for c in cs if c["years"][0] <= t]
    es = [e for e in es if e["year"] <= t]
    f = {"idn": idn, "name": name, "conds": r.shuffled(cs), "events": r.shuffled(es), "soc": [], "meas": [], "neg": []}
    for a in attrs:
        if a == "height":
            f["meas"].append("height")
        elif a == "soc":
            f["soc"] = [p.soc[0]]
        else:
            f[a] = True
    if any(e["side"] for e in es):
        f["lateral_shown"] = True
    return f


def add_meas(r, p, f, p_any=0.3):
    if r.chance(p_any):
        k = [c["key"] for c in f["conds"]]
        opts = ["weight", "bp" if "htn" in k else "weight"]
        if any(c["key"] == "dm2" and c["years"][1] <= f["t"] or c["key"] == "dm1" for c in f["conds"]):
            opts += ["hba1c", "hba1c"]
        if "chol" in k:
            opts += ["chol"]
        f["meas"].append(r.pick(opts))


def other_person(r, p, t, like):
    """Somebody else. like: 0 unrelated, 1 shares conditions and age group, 2 nearly the same on paper."""
    if like == 0:
        while True:
            q = new_person(r, t, n_conds=3, n_events=2)
            ks, es = {c["key"] for c in p.conds}, {e["key"] for e in p.events}
            if (abs(q.by - p.by) >= 12 or q.sex != p.sex) and not ks & {c["key"] for c in q.conds} \
                    and not es & {e["key"] for e in q.events} and q.place != p.place and q.occ != p.occ:
                return q
    shared = [c["key"] for c in p.conds][:r.pick([1, 2, 2])]
    for _ in range(200):
        shift = r.pick([-9, -8, -7, -6, -5, -4, 4, 5, 6, 7, 8, 9]) if like == 1 else r.int(-2, 2)
        by = p.by + shift
        if not 20 <= t - by <= 92:
            continue
        ev = [p.events[0]["key"]] if like == 2 and p.events else []
        q = new_person(r, t, by=by, sex=p.sex, conds=shared, n_conds=3, n_events=2, events=ev)
        if like == 1 and {e["key"] for e in q.events} & {e["key"] for e in p.events}:
            continue
        if len([c for c in q.conds if c["key"] in shared]) == len(shared) and q.place != p.place and q.occ != p.occ:
            return q
    return None


def easy(r, label):
    t1 = r.int(2012, 2024)
    t2 = t1 + r.int(0, 1)
    p = new_person(r, t1, n_conds=3, n_events=2)
    if len(p.conds) < 2 or not p.events:
        return None
    q = maybe_nick(r, p) if label else other_person(r, p, t2, 0)
    if len(q.conds) < 2 or not q.events:
        return None
    na, nb = name_modes(r, "easy")
    if not label:
        namesake(r, p, q)
    attrs = r.sample(["allergy", "smoke", "occ", "place", "soc", "soc", "blood"], r.pick([1, 2, 2, 3]))
    idn = r.pick(["age", "age", "dob", "both"])
    nc, ne = r.pick([2, 3]), r.pick([1, 2])
    fa = base_facts(r, p, t1, nc, ne, attrs, idn, na)
    fb = base_facts(r, q, t2, nc, ne, [a for a in attrs if r.chance(0.85)], r.pick([idn, idn, "age", "both"]), nb)
    if idn == "dob":
        fb["idn"] = r.pick(["dob", "both"])
    sa, sb = styles_for(r, p, t2)
    ab = r.chance(0.25)
    out = []
    for who, t, f, s in ((p, t1, fa, sa), (q, t2, fb, sb)):
        f["t"] = t
        f["p_year"] = 0.3
        out.append(render(r, who, t, f, s, brand="g" if not ab else "m", abbr=ab))
    return out


def medium(r, label):
    t1 = r.int(2011, 2022)
    t2 = t1 + r.int(0, 3)
    p = new_person(r, t1, n_conds=4, n_events=2, lo_age=34)
    if len(p.conds) < 3 or not p.events:
        return None
    q = maybe_nick(r, p) if label else other_person(r, p, t2, 1)
    if q is None or len(q.conds) < 2 or not q.events:
        return None
    na, nb = name_modes(r, "medium")
    if not label:
        namesake(r, p, q)
        if q.given == p.given and p.sur == q.sur and r.chance(0.4):
            na, nb = "full", "full"
    cand = [k for k in ["allergy", "smoke", "blood", "occ", "place", "height"] if label or attr(p, k) != attr(q, k)]
    if len(cand) < 2:
        return None
    attrs = r.sample(cand, 2)
    idn = r.pick(["age", "dob", "both", "age"])
    fa = base_facts(r, p, t1, r.pick([2, 3]), r.pick([1, 1, 2]), attrs, idn, na)
    fb = base_facts(r, q, t2, r.pick([2, 3]), r.pick([1, 1, 2]), attrs, idn, nb)
    if r.chance(0.5):
        fb["soc"].append(q.soc[1])
    sa, sb = styles_for(r, p, t2, terse_first=True)
    out = []
    for who, t, f, s, brand, un in ((p, t1, fa, sa, "b", "si"), (q, t2, fb, sb, "g", "us")):
        f["t"], f["unit"] = t, un
        f["drug_only"] = 0.25
        if idn == "age":
            f["date"] = t2 - t1 > 1
        add_meas(r, who, f, 0.25)
        out.append(render(r, who, t, f, s, brand=brand, abbr=True))
    return out


LADDERS = sorted(k for k in CONDS if len(CONDS[k]["stages"]) > 1)
HARD_KINDS = ["side", "side", "side", "birth", "birth", "sex", "allergy", "allergy", "blood", "dmtype", "organ", "organ",
              "organ", "smoke", "height", "kin", "kin", "twin", "progress", "progress"]


def deniable(p, key):
    e = EVENTS[key]
    if e["sex"] not in ("", p.sex) or key == "mastec" and p.sex == "M":
        return False
    ev, cs = {x["key"] for x in p.events}, {c["key"] for c in p.conds}
    rules = {"append": {"crohn", "uc"}, "cva": {"tia", "af"}, "mi": {"cad"}, "pe": {"dvt", "fvl", "af"}, "dvt": {"pe", "fvl", "af"},
             "mastec": {"wle"}, "ppm": {"cochl", "hf", "af"}, "nephd": {"nephc", "ckd"}, "nephc": {"nephd", "ckd"},
             "colect": {"crohn", "uc", "ibs"}, "splen": {"nafl", "hcv", "hbv"}, "hyst": {"ovcyst", "csec"}}
    return not (rules.get(key, set()) | {key}) & (ev | cs)


def hard(r, label):
    kind = r.pick(HARD_KINDS)
    if label and kind == "progress":
        kind = r.pick(["progress", "side", "allergy"])
    t1 = r.int(2009, 2019)
    t2 = t1 + r.int(1, 5)
    conds, events = [], []
    if kind == "dmtype":
        conds = ["dm2"]
    elif kind == "progress" or r.chance(0.55):
        conds = [r.pick(LADDERS)]
    if kind in ("kin", "twin"):
        conds = [r.pick(HEREDITARY)]
    if kind == "organ":
        events = [r.pick(sorted(DENY))]
    p = new_person(r, t1, conds=conds, n_conds=3, n_events=2, events=events, lateral=True, lo_age=38, hi_age=82)
    if len(p.conds) < 2 or len(p.events) < 1 or (conds and p.conds[0]["key"] != conds[0]):
        return None
    # move one ladder forward between the two notes
    moved = None
    for c in p.conds:
        i = stage(c, t1)
        if i + 1 < len(c["years"]):
            d = r.int(t1 + (1 if t2 > t1 else 0), t2) - c["years"][i + 1]
            for j in range(i + 1, len(c["years"])):
                c["years"][j] += d
            moved = c
            break
    if kind == "progress" and (moved is None or moved["key"] in ("dem",)):
        return None
    attrs = r.sample(["occ", "place", "soc"], r.pick([1, 1, 2]))
    na, nb = name_modes(r, "hard")
    idn = r.pick(["age", "age", "both", "dob"])
    ia = ib = idn
    extra_a, extra_b, sexed, dates = [], [], False, r.chance(0.35)
    q = copy.deepcopy(p)
    drop = None
    if kind == "side":
        lat = [e for e in p.events if e["side"]]
        if not lat:
            return None
        p.events = [lat[0]] + [e for e in p.events if e is not lat[0]]
        q.events = copy.deepcopy(p.events)
        if not label:
            e = q.events[0]
            e["side"] = {"left": "right", "right": "left"}[e["side"]]
            e["cause"] = p.events[0]["cause"]
    elif kind == "birth":
        ia = r.pick(["dob", "dob", "both"])
        ib = r.pick(["dob", "both"])
        if not label:
            tens, ones = p.by // 10 % 10, p.by % 10
            sw = 1900 + ones * 10 + tens
            q.by = sw if 4 <= abs(sw - p.by) <= 9 and p.by < 2000 else p.by + r.pick([-9, -8, -7, -6, -5, 5, 6, 7, 8, 9])
            if not 20 < t2 - q.by < 93:
                return None
            for e in q.events + q.conds:
                e["by"] = q.by
            if any(not EVENTS[e["key"]]["lo"] - 6 <= e["year"] - q.by <= EVENTS[e["key"]]["hi"] + 8 for e in q.events):
                return None
            if any(e["key"] in ("rheum",) for e in q.events):
                return None
    elif kind == "sex":
        sexed = True
        if any(CONDS[c["key"]]["sex"] for c in p.conds) or any(EVENTS[e["key"]]["sex"] for e in p.events):
            return None
        if any("hus" in s or "wife" in s for s in p.soc):
            return None
        if not label:
            q.sex = "M" if p.sex == "F" else "F"
            q.given = r.pick(GIVEN_F if q.sex == "F" else GIVEN_M)
            if nb == "given" or nb == "full":
                nb = "sur"
            if na in ("given", "full"):
                na = "sur"
        elif na or nb:
            na = na and "sur"
            nb = nb and "sur"
    elif kind == "allergy":
        usable = [k for k in sorted(ALLERG) if ALLERG[k][4] and k != "morph"]
        k = r.pick(usable)
        if not label:
            p.allergy = (k, r.pick(["anaph", "hives", "swell"]))
            if any(d and DRUGS[d][1] in ALLERG[k][3] for c in p.conds for d in c["drugs"]):
                return None
            q.allergy = None
            extra_b.append(ALLERG[k][4])
        elif r.chance(0.5):
            p.allergy = q.allergy = None
            extra_b.append(ALLERG[k][4])
        else:
            if p.allergy is None:
                return None
    elif kind == "blood" and not label:
        q.blood = r.pick([b for b in BLOOD if b != p.blood])
    elif kind == "dmtype":
        d = q.conds[0]
        if stage(p.conds[0], t1) == 0:
            return None
        if not label:
            new = {"key": "dm1", "years": [q.by + r.int(8, 17)], "drugs": [r.pick(["insulin aspart", "insulin glargine"])],
                   "ab": 0, "by": q.by}
            q.conds[0] = new
    elif kind == "organ":
        if label:
            mode = r.pick(["keep", "never", "later"])
            if mode == "never":
                ok = [k for k in sorted(DENY) if deniable(p, k)]
                if not ok:
                    return None
                extra_b.append(DENY[r.pick(ok)])
            elif mode == "later":
                if p.events[0]["key"] != events[0] or events[0] == "rheum":
                    return None
                p.events[0]["year"] = r.int(t1 + 1, t2)
                q.events = copy.deepcopy(p.events)
                extra_a.append(DENY[events[0]])
                dates = True
                drop = "a"
                if not EVENTS[events[0]]["lo"] <= p.events[0]["year"] - p.by <= EVENTS[events[0]]["hi"]:
                    return None
                rest = copy.deepcopy(p)
                rest.events = p.events[1:]
                if not deniable(rest, events[0]) or t2 - p.events[0]["year"] < 0:
                    return None
            elif p.events[0]["key"] != events[0]:
                return None
        else:
            if p.events[0]["key"] != events[0]:
                return None
            rest = copy.deepcopy(p)
            rest.events = p.events[1:]
            if not deniable(rest, events[0]):
                return None
            q.events = q.events[1:]
            extra_b.append(DENY[events[0]])
    elif kind == "smoke":
        if not label:
            if p.smoke == "never":
                p.smoke, p.packs, p.quit = "ex", 20, max(p.by + 40, t1 - r.int(2, 10))
                if p.quit >= t1:
                    return None
            if any(c["key"] in ("copd", "pad") for c in p.conds):
                return None
            q.smoke = "never"
            if p.smoke == "ex" and r.chance(0.55):      # the other way round: smoked before the first note
                p.smoke, q.smoke = "never", "ex"
    elif kind == "height" and not label:
        q.height = p.height + (r.int(12, 17) if p.height < 170 else -r.int(12, 17))
    elif kind in ("kin", "twin"):
        na, nb = "full", "full"
        ia, ib = "dob", r.pick(["dob", "both"])
        if not label:
            for _ in range(60):
                by = p.by if kind == "twin" else p.by + r.pick([-1, 1]) * r.int(23, 31)
                if not 26 <= t2 - by <= 92:
                    return None
                q = new_person(r, t2, by=by, sex=p.sex, conds=conds, n_conds=3, n_events=2)
                if q.conds and q.conds[0]["key"] == conds[0] and q.events:
                    break
            else:
                return None
            q.sur, q.place = p.sur, p.place
            q.given = p.given
            if kind == "twin":
                q.bm, q.bd = p.bm, p.bd
                while q.given == p.given:
                    q.given = r.pick(GIVEN_F if p.sex == "F" else GIVEN_M)
            if "place" not in attrs:
                attrs = attrs + ["place"]
        elif "place" not in attrs:
            attrs = attrs + ["place"]
    elif kind == "progress" and not label:
        # the earlier note already has the last stage: nobody goes back from there
        dates = True
        if moved["key"] not in ("ckd", "copd", "ms", "aost"):
            return None
        n = len(CONDS[moved["key"]]["stages"])
        start = moved["years"][0]
        for c in p.conds:
            if c["key"] == moved["key"]:
                c["years"] = [min(start, t1 - n) - (2 * (n - 1 - k) if k < n - 1 else 0) for k in range(n)]
                c["years"][-1] = t1 - 1
                if c["years"][0] - p.by < CONDS[c["key"]]["lo"] - 4:
                    return None
        for c in q.conds:
            if c["key"] == moved["key"]:
                c["years"] = [min(start, t2 - 1)] + [t2 + 3 + k for k in range(n - 1)]
    elif kind == "progress":
        dates = True
    # a new event between the notes, in both labels alike
    if kind not in ("kin", "twin", "progress") and t2 - t1 >= 2 and r.chance(0.25):
        for key in r.shuffled(sorted(EVENTS)):
            e = new_event(r, q, EVENTS[key], t2)
            if e and key not in DENY and EVENTS[key]["lo"] <= t2 - 1 - q.by <= EVENTS[key]["hi"] and key not in ("covid", "rheum"):
                e["year"] = r.int(t1 + 1, t2)
                q.events = q.events + [e]
                break
    need = {"allergy": ["allergy"], "blood": ["blood"], "smoke": ["smoke"], "height": ["height"]}.get(kind, [])
    aa, bb = attrs + need, attrs + need
    if kind == "allergy" and extra_b:
        bb = attrs
    if r.chance(0.35) and "allergy" not in aa and kind not in ("sex", "kin", "twin", "progress"):
        aa, bb = aa + ["allergy"], bb + ["allergy"]
    ev_a = p.events[1:] if drop == "a" else p.events
    ne = r.pick([1, 2])
    fa = base_facts(r, p, t1, r.pick([2, 3]), ne, aa, ia, na, events=ev_a[:ne])
    fb = base_facts(r, q, t2, 3, 2, bb, ib, nb, events=(q.events[:ne] + q.events[2:]))
    if kind == "progress":
        for f, who, t in ((fa, p, t1), (fb, q, t2)):
            if not any(c["key"] == moved["key"] for c in f["conds"]):
                f["conds"].append([c for c in who.conds if c["key"] == moved["key"]][0])
    if kind == "dmtype":
        for f, who in ((fa, p), (fb, q)):
            if who.conds[0] not in f["conds"]:
                f["conds"].append(who.conds[0])
    fa["extra"], fb["extra"] = extra_a, extra_b
    fa["date"] = fb["date"] = dates
    sa, sb = styles_for(r, p, t2, same_reg_ok=False, sexed=sexed)
    if r.chance(0.35) and not label:
        fb["soc"].append(q.soc[1])
    elif r.chance(0.35):
        fa["soc"].append(p.soc[1])
    fa["dw"], fb["dw"] = 0, r.int(-4, 4)
    out = []
    for who, t, f, s, br, un in ((p, t1, fa, sa, "b", "si"), (q, t2, fb, sb, "g", "us")):
        f["t"], f["unit"] = t, un
        f["p_drug"] = 0.6
        if kind != "height":
            add_meas(r, who, f, 0.2)
        out.append(render(r, who, t, f, s, brand=br, abbr=True))
    return out


def ambiguous(r, label):
    t1 = r.int(2010, 2022)
    t2 = t1 + r.int(0, 4)
    p = new_person(r, t1, n_conds=4, n_events=2, lo_age=30)
    if len(p.conds) < 3 or not p.events:
        return None
    if label:
        q = copy.deepcopy(p)
    else:
        q = other_person(r, p, t1, 2)
        if q is None or len(q.conds) < 2 or not q.events:
            return None
        if r.chance(0.4):
            q.place = p.place
        if r.chance(0.3):
            q.given = p.given
        q.sur = p.sur if r.chance(0.25) else q.sur
    na, nb = name_modes(r, "ambiguous")
    if not label and na and nb:
        q.given, q.sur = p.given, p.sur
    shared = [c for c in p.conds if c["key"] in [d["key"] for d in q.conds]]
    x = r.pick(shared)
    xq = [d for d in q.conds if d["key"] == x["key"]][0]
    rest_p = [c for c in p.conds if c["key"] != x["key"]]
    rest_q = [c for c in q.conds if c["key"] != x["key"] and (label or c["key"] not in [d["key"] for d in rest_p])]
    ca = [x] + (r.sample(rest_p, 1) if r.chance(0.75) else [])
    used = [c["key"] for c in ca]
    cb = [xq] + (r.sample([c for c in rest_q if c["key"] not in used] or rest_q, 1) if r.chance(0.75) and rest_q else [])
    same_event = p.events[0]["key"] == q.events[0]["key"]
    mode = r.pick(["both", "both", "one", "other"]) if same_event else "other"
    ea, eb = [], []
    if mode == "both":
        ea, eb = [p.events[0]], [q.events[0]]
        if not label:                       # nothing in the event may settle it
            q.events[0]["side"] = p.events[0]["side"]
            q.events[0]["cause"] = ""
            q.events[0]["year"] = min(p.events[0]["year"] + r.pick([-1, 0, 1]), t1)
    elif mode == "one":
        ea, eb = ([p.events[0]], []) if r.chance(0.5) else ([], [q.events[0]])
    else:
        ea = [p.events[0]]
        eb = q.events[1:2] if len(q.events) > 1 else []
    idn = [r.pick(["band", "none", "age", "band"]), r.pick(["band", "none", "age", "age"])]
    fa = base_facts(r, p, t1, 0, 0, r.sample(["occ", "soc", "smoke"], r.pick([0, 1])), idn[0], na, conds=ca, events=ea)
    fb = base_facts(r, q, t2, 0, 0, r.sample(["place", "allergy"], r.pick([0, 1, 1])), idn[1], nb, conds=cb, events=eb)
    jit = r.pick([0, 0, -1, 1])
    fb["jitter"] = jit if eb and all(e["year"] + jit <= t2 for e in eb) else 0
    if fb["jitter"]:
        fb["ages"] = False
    for f, who in ((fa, p), (fb, q)):
        if r.chance(0.35) and who.negs:
            ok = [n for n in who.negs if not (n[3][0] == "dm1" and any(c["key"] == "dm2" for c in who.conds))]
            if ok:
                f["neg"] = [r.pick(ok)]
    sa, sb = styles_for(r, p, t2, same_reg_ok=False)
    out = []
    for who, t, f, s in ((p, t1, fa, sa), (q, t2, fb, sb)):
        f["t"], f["p_year"], f["lean"], f["p_drug"] = t, 0.2, True, 0.55
        out.append(render(r, who, t, f, s, brand=r.pick(["b", "g", "m"]), abbr=True))
    return out


# ---------------------------------------------------------------- measures and selection
def tokens(s):
    return set(re.findall(r"[a-z0-9]+", s.lower()))


def jaccard(a, b):
    x, y = tokens(a), tokens(b)
    return len(x & y) / len(x | y)


def lendiff(a, b):
    return abs(len(a) - len(b))


def auroc(scored):
    """Area under the ROC curve of (score, label) pairs; ties count one half."""
    pos = [s for s, l in scored if l]
    neg = [s for s, l in scored if not l]
    if not pos or not neg:
        return float("nan")
    win = sum((p > n) + 0.5 * (p == n) for p in pos for n in neg)
    return win / (len(pos) * len(neg))


def ok_text(s):
    return 15 <= len(s.split()) <= 90


BUILD = {"easy": easy, "medium": medium, "hard": hard, "ambiguous": ambiguous}
WANT = {"easy": (0.90, 0.985), "medium": (0.74, 0.86), "hard": (0.57, 0.68), "ambiguous": (0.48, 0.56)}


def pool(r, level, label, n):
    out = []
    while len(out) < n:
        pr = BUILD[level](r, label)
        if pr and ok_text(pr[0]) and ok_text(pr[1]) and pr[0].lower() != pr[1].lower():
            out.append((pr[0], pr[1], label))
    return out


def select(r, level, hand):
    """Draw subsets until overlap and length give the label away no more than WANT allows."""
    have = {1: [h for h in hand if h["label"] == 1], 0: [h for h in hand if h["label"] == 0]}
    cand = {l: pool(r, level, l, 100) for l in (1, 0)}
    lo, hi = WANT[level]
    for _ in range(4000):
        rows = [(h["a"], h["b"], h["label"]) for l in (1, 0) for h in have[l]]
        for l in (1, 0):
            rows += r.sample(cand[l], PER_CELL - len(have[l]))
        j = auroc([(jaccard(a, b), l) for a, b, l in rows])
        d = auroc([(lendiff(a, b), l) for a, b, l in rows])
        s = auroc([(len(a) + len(b), l) for a, b, l in rows])
        if lo <= j <= hi and 0.47 <= d <= 0.53 and 0.45 <= s <= 0.55:
            return rows
    raise SystemExit("no balanced subset for " + level)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--seed", type=int, default=7)
    ap.add_argument("--out", default=os.path.join(HERE, "patients.jsonl"))
    ap.add_argument("--raw", action="store_true", help="print the figures of the unselected pools and stop")
    args = ap.parse_args()
    hand = []
    path = os.path.join(HERE, "patients_handwritten.jsonl")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as fh:
            hand = [json.loads(line) for line in fh if line.strip()]
    rows = []
    for k, level in enumerate(LEVELS):
        r = Rng(args.seed * 1000 + k)
        mine = [h for h in hand if h["difficulty"] == level]
        if args.raw:
            ps = pool(r, level, 1, 100) + pool(r, level, 0, 100)
            print(level, "jaccard %.3f length %.3f" % (auroc([(jaccard(a, b), l) for a, b, l in ps]),
                                                      auroc([(lendiff(a, b), l) for a, b, l in ps])))
            continue
        rows += [(a, b, l, level) for a, b, l in select(r, level, mine)]
    if args.raw:
        return
    r = Rng(args.seed)
    rows = r.shuffled(rows)
    with open(args.out, "w", encoding="utf-8", newline="\n") as fh:
        for i, (a, b, l, level) in enumerate(rows, 1):
            if r.chance(0.5):
                a, b = b, a
            fh.write(json.dumps({"id": "patients-%03d" % i, "a": a, "b": b, "label": l, "difficulty": level},
                                ensure_ascii=False) + "\n")
    for level in LEVELS + ("all",):
        s = [x for x in rows if level in (x[3], "all")]
        print("%-10s n=%d ones=%d jaccard AUROC %.3f length-difference AUROC %.3f" % (
            level, len(s), sum(x[2] for x in s), auroc([(jaccard(x[0], x[1]), x[2]) for x in s]),
            auroc([(lendiff(x[0], x[1]), x[2]) for x in s])))


if __name__ == "__main__":
    main()
