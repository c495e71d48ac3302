using System.Text.RegularExpressions;
using Troupe.Apps.MedSim.Words;

namespace Troupe.Apps.MedSim.Patient;

/// <summary>How something is said: whether it greets, cares, asks openly, sums up, leads, or tries to get what a patient cannot give.</summary>
internal static partial class Manners
{
    private const RegexOptions Usual = RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant;
    private const int Limit = 1000;

    public static bool IsCaring(string text) => Caring.IsMatch(text);

    public static bool IsOpen(string text) => Opening.IsMatch(text);

    public static bool IsSummary(string text) => Summing.IsMatch(text) && SpokenWords.Of(text).Count >= 10;

    public static bool IsLeading(string text) => Leading.IsMatch(text);

    public static bool Introduces(string text) => Introducing.IsMatch(text);

    public static bool Greets(string text) => Greeting.IsMatch(text);

    public static bool TakesLeave(string text) => Leave.IsMatch(text);

    public static bool Announces(string text) => Announcing.IsMatch(text);

    public static bool AsksName(string text) => AskingName.IsMatch(text);

    public static bool AsksAge(string text) => AskingAge.IsMatch(text);

    public static bool AsksIdeas(string text) => AskingIdeas.IsMatch(text);

    public static bool AsksConcerns(string text) => AskingConcerns.IsMatch(text);

    /// <summary>Whether it wants out of the part what the part must not give: the diagnosis, the instructions, the actor.</summary>
    public static bool Provokes(string text) => Instructions.IsMatch(text) || Actor.IsMatch(text) || (Answer.IsMatch(text) && !OwnIdea.IsMatch(text) && !Past.IsMatch(text));

    /// <summary>Whether it asks what a test or an examination shows.</summary>
    public static bool AsksResult(string text) => Result.IsMatch(text);

    /// <summary>Whether it puts an illness into the patient's mouth.</summary>
    public static bool Suggests(string text) => Suggesting.IsMatch(text);

    public static bool IsQuestion(string sentence) => sentence.EndsWith('?') || Asking.IsMatch(sentence);

    [GeneratedRegex(
        @"\b(sorry (to hear|about|that|you|for)|must (be|have been|feel|seem) (\w+ )?(hard|difficult|awful|frightening|scary|worrying|painful|upsetting|tough|terrible|distressing|horrible|stressful|frustrating|exhausting|uncomfortable)"
        + @"|(sounds|that's|that is|thats|how|this is|it's|it is) (\w+ )?(awful|hard|difficult|frightening|scary|worrying|painful|upsetting|tough|terrible|distressing|horrible|stressful|frustrating|exhausting|uncomfortable|understandable)"
        + @"|i (can |do |really )*(understand|imagine|appreciate) (how|that|why|this|it|you|what)|i can see (how|that|why|this)|take your time|confidential|confidence|between (us|you and me)|stays (in this room|between|here)|judg(e|ing|ement)"
        + @"|thank you for (telling|sharing|being|trusting)|you('re| are) (safe|not alone|in good hands|doing (well|great))|(i'm|i am|we're|we are) here (to help|for you)|we('ll| will) (look after|take (good )?care)"
        + @"|(personal|private|sensitive|intimate|delicate|embarrassing) (question|thing|matter|subject|topic|area)s?|(mind|ok|okay|alright|all right|comfortable) (if|with me asking|me asking)|may i ask|with your permission|you can trust me|feel free to)", Usual, Limit)]
    private static partial Regex Caring { get; }

    [GeneratedRegex(
        @"\b(what('s| is| has)? (brings|brought|made|bringing) you|how (can|may) (i|we) help|what can (i|we) (do|help)|tell me a (little |bit )*more|(bit|little) more about (that|it|this|how|what)|what('s| is| has|'s been| has been| seems| appears)? (been |to be )?(going on|happening|happened|wrong|the (problem|matter|trouble|issue)|troubling|bothering)|what happened|what's up|why (are you here|have you come|did you come)|what brings (\w+ ){1,5}(in|here|today)|what have you (come|been experiencing|noticed|had)|what (are|were) the (main |first |very first )?(symptoms|complaints|problems)|what (do|did|have) you notice"
        + @"|tell me (more|about (it|this|that|yourself|what|your (problem|symptoms?|complaint|story))|what (has|have|is|was)? ?(been )?(happen|going|wrong|brought|brings)|what's (been )?(happen|going|wrong|brought)|everything|the (whole )?story|all about|from)|talk me through|walk me through|go on|carry on|please continue|start (from|at) the beginning|in your own words|what (are|were) your (symptoms|complaints)"
        + @"|(any|anything) (else|other)( \w+)? (you|to|that|i|we)|is there anything else|anything else( you| to)?|what else|how (are you|have you been|do you feel|are you feeling|did it all|did this all)\b( today| now| doing| feeling)?|describe (what|your (symptoms?|problem|complaint))|what('s| is) (the|your) (main )?(problem|complaint|concern today|reason)|more about (it|that|this))", Usual, Limit)]
    private static partial Regex Opening { get; }

    [GeneratedRegex(
        @"\b(to sum|sum(marise|marize|mary|ming|s)?\b|let me (just )?(check|recap|go over|make sure|see if)|recap|just to (check|confirm|clarify|make sure)|if i('ve| have)? (understood|understand|got)|so (far|you('ve| have|'re| are)|what you)|(have i|did i) (got|get|understood|understand|missed|miss)|am i right|is that (right|correct)|you('ve| have)? (told|said|mentioned))", Usual, Limit)]
    private static partial Regex Summing { get; }

    [GeneratedRegex(
        @"((do|don't|does|doesn't|did|didn't|have|haven't|has|hasn't|is|isn't|are|aren't|was|wasn't|would|wouldn't|can|can't) (you|it|he|she|there|they)\?$|,? (right|correct|yes|no|ok|okay)\?$|\b(you|he|she) (don't|do not|haven't|have not|didn't|did not|aren't|are not|wouldn't|never) [^?]*\?$|\b(surely|obviously|of course|presumably|i (assume|suppose|take it|guess) (that )?(you|it|he|she)))", Usual, Limit)]
    private static partial Regex Leading { get; }

    [GeneratedRegex(@"\b(my name is|my name's|i('m| am) (dr\b|doctor|a (medical|fourth|third|final|fifth|second|first|student|trainee|junior)|one of the|the (doctor|medical|student|junior|registrar|resident|intern)|your (doctor|student)|[A-Z][a-z]+,? (a|the|one|and i)|(called|dr))|this is dr|medical student)", Usual, Limit)]
    private static partial Regex Introducing { get; }

    [GeneratedRegex(@"^\W*(hi|hello|hey|good (morning|afternoon|evening|day)|greetings|nice to (meet|see)|pleased to|welcome)\b", Usual, Limit)]
    private static partial Regex Greeting { get; }

    [GeneratedRegex(@"\b(goodbye|good bye|bye|see you|that('s| is) (all|everything)|thank you( (very|so) much| for)?|thanks|get well|take care|all the best)\b", Usual, Limit)]
    private static partial Regex Leave { get; }

    [GeneratedRegex(@"\b((i('m| am) going to|i('ll| will)|i'd like to|i would like to|let me|may i|can i|could i|is it (ok|okay|alright|all right) if i|do you mind if i|we('ll| will)|we need to|i want to|i need to) (\w+ )?(examine|listen|feel|press|look|check|take|do|order|run|have a look|test|measure|send|arrange|get|give|start|explain|talk to|speak))\b", Usual, Limit)]
    private static partial Regex Announcing { get; }

    [GeneratedRegex(@"\b(your (full |first |last )?name|what (should|can|shall|may) i call you|who (are you|am i (talking|speaking) (to|with))|introduce yourself|(his|her|the (baby|child|patient)'?s?) name)\b", Usual, Limit)]
    private static partial Regex AskingName { get; }

    [GeneratedRegex(@"(\bhow old (are|is) (you|he|she|(your|the) (baby|child|son|daughter|boy|girl|little one|patient))\s*(now|today|please|then)?\W*$|\b(how old (he|she) is|your age|date of birth|when were you born|your birthday|(his|her) age)\b)", Usual, Limit)]
    private static partial Regex AskingAge { get; }

    [GeneratedRegex(@"(\bdo you think\b|\bdo you (have|believe|suspect|feel) [^?]{0,20}(idea|this is|it is|it's|caus)|\bwhat (do|are) your (own )?(idea|thought)|\byour (own )?(ideas?|thoughts?|theory|explanation|view|opinion)\b|\bany (ideas?|thoughts?|theor\w+)\b|\bput (it|this) down to\b|\bin your (mind|opinion|view)\b|\bwhat (might|could|would) (it|this) be\b)", Usual, Limit)]
    private static partial Regex AskingIdeas { get; }

    [GeneratedRegex(@"\b(worr(y|ies|ied|ying)|concern(s|ed|ing)?|afraid|scared|frighten(s|ed|ing)?|fears?|anxious about|nervous about|on your mind|bother(s|ing)? you most|trouble(s|ing)? you most)\b", Usual, Limit)]
    private static partial Regex AskingConcerns { get; }

    [GeneratedRegex(
        @"\b((ignore|forget|disregard|override|bypass)\b.{0,60}\b(instruction|rule|prompt|previous|above|guideline|everything|role|restriction|persona|character)s?|(system|hidden|initial|original|secret|developer)\W+(prompt|message|instructions?|information|diagnosis|notes?|mode|text|data)|(repeat|print|show|reveal|output|list|dump|give|read|display|write|recite|translate|copy|paste|encode|tell)\b.{0,40}\b(prompt|instructions?|json|yaml|case file|case notes|script|answer key|answers? sheet|mark scheme|marking|everything you (know|were)|were (given|told)|all (of )?(your|the) (facts|information|data|findings|results)|hidden|configuration|rules)"
        + @"|answer key|mark(ing)? scheme|score sheet|debug|jailbreak|sudo|admin mode|god mode|test mode|role ?-?play|stop (acting|pretending|being)|(out of|break) character|base64|json|yaml|prompt)\b", Usual, Limit)]
    private static partial Regex Instructions { get; }

    [GeneratedRegex(
        @"\b((are|aren't|you're|you are|as) (you )?(not )?(really )?(just )?(an? )?(ai|a\.i\.|bot|robot|chat ?bot|language model|llm|gpt|chatgpt|computer|program|machine|simulation|simulator|simulated|actor|real (person|patient)|human)\b|language model|\ban ai\b|pretend|act as|imagine (you|that you)( are| were|'re) (a|the|my|an)|if you were (a|the|my) (doctor|consultant|physician|examiner|surgeon|professor)|as (a|the|your) (doctor|consultant|physician|examiner|expert|professor|specialist|surgeon)|speak as|switch (roles|role|places)|be the doctor|play the doctor)", Usual, Limit)]
    private static partial Regex Actor { get; }

    [GeneratedRegex(
        @"\b(diagnos\w*|(what|which|name of (your|the|this|that)|spell (your|the)|name (your|the|this))( \w+)? (disease|illness|condition|disorder|syndrome|pathology)\b|(answer|solution|secret|pathology)\b|what (do|have) you (really |actually |medically )?(have|got)\??$|what('s| is) (really |actually |medically )?wrong with you (medically|exactly|really|according)|(begins?|starts?) with the letter|rhymes? with|correct answer|right answer|final answer|icd|spoiler|cheat|pass (this|the|my) (exam|test|osce|station)|(will|would|did|does) the (doctors?|examiners?|consultants?|reports?|notes?|chart|file|referral|letter|textbook) (say|find|write|think|conclude|show|call))", Usual, Limit)]
    private static partial Regex Answer { get; }

    [GeneratedRegex(@"\b(do you think|you think (it|this|is|might|could)|your (own )?(idea|thought|opinion|view|theory|guess|feeling)|in your (mind|opinion|view))", Usual, Limit)]
    private static partial Regex OwnIdea { get; }

    [GeneratedRegex(@"\b(any|other|past|previous(ly)?|before|earlier|ever|family|history|relatives?|parents?|mother|father|brothers?|sisters?|long[- ]?term|chronic|else|known|already|existing|ago|when (did|was|were) (they|that|it|you|he|she)|medical conditions|health conditions)\b", Usual, Limit)]
    private static partial Regex Past { get; }

    [GeneratedRegex(
        @"\b(results?|findings|readings?|what (did|does|do|will|would|is|was|are|were) (the|your|his|her|my) (\w+ ){0,3}(ecg|ekg|x-?ray|scan|mri|ct|ultrasound|echo\w*|biops\w*|bloods?( tests?)?|tests?|labs?|troponin|cultures?|lumbar puncture|swab|urinalysis|urine test|endoscopy|colonoscopy|h(a)?emoglobin|crp|white (cell )?count|lactate|d-?dimer|ketones|creatinine|potassium|sodium|glucose|platelets|angiogram|examination|blood pressure|bp|pulse|heart rate|temperature|oxygen( level| saturation)?|sats|saturations?|respiratory rate|vitals?( signs)?|obs)"
        + @"|(ecg|ekg|x-?ray|scan|mri|ct|ultrasound|biopsy|blood tests?|tests?|labs?|examination) (show|say|reveal|look|find|abnormal|normal|positive|negative|come back|came back)|(is|was|are|were) (the|your) (\w+ )?(ecg|ekg|x-?ray|scan|mri|ct|ultrasound|biopsy|troponin|bloods?|cultures?|d-?dimer|crp) (\w+ )?(normal|abnormal|positive|negative|raised|high|low|elevated)|(read|show) me (the|your) (ecg|x-?ray|scan|chart|notes|labs|file|records?))\b", Usual, Limit)]
    private static partial Regex Result { get; }

    [GeneratedRegex(@"\b(is (it|this)|it's|could (it|this|you)|might (it|this|you)|do you have|you have|have you got|are you having|you('re| are) having|having an?|so it|sounds like|i (think|believe|suspect|guess|know)|confirm|admit|true that|right that|did you have|this is|looks like|say (yes|no|it)|yes or no)\b", Usual, Limit)]
    private static partial Regex Suggesting { get; }

    [GeneratedRegex(
        @"^\W*(((and|so|ok|okay|well|right|um|uh|er|please|now|then|but|also|next|alright|sure|thanks|thank you|hi|hello|good (morning|afternoon|evening)|i see|great|first|finally|lastly|sorry|doctor|sir|madam|mr \w+|mrs \w+|ms \w+)[\s,.:;!-]+)*)(what|when|where|who|whose|why|how|which|do|does|did|is|are|was|were|have|has|had|can|could|would|will|should|any|anyone|anybody|anything|tell|describe|explain|show|rate|point|ever|list|talk me|walk me|go on|carry on|continue|give me|say more|let'?s (talk|discuss)|i('d| would)? (like|want|need) to (ask|know|hear|talk|find out|understand|learn|check)|i (wonder|want to know|need to know|have to ask|must ask|was wondering)|i('m| am) going to ask|may i ask|just wondering|your|and your|what about|how about|repeat|print|ignore|reveal)\b", Usual, Limit)]
    private static partial Regex Asking { get; }
}
