using System.Collections.Frozen;

namespace Troupe.Apps.MedSim.Words;

/// <summary>Everyday words that are no slips of others.</summary>
internal static class CommonWords
{
    private const string All =
        "about above across actually after again against almost alone along already although always among another answer anybody around asking away back because become before behind believe below beside "
        + "best better between beyond both bring brought business call came cannot care carry case catch cause certain chair chance check choose clear clearly close come company complete consider "
        + "continue correct could count couple course cover cross currently daily date dear decide deep definitely depend detail different difficult direct does doing done double down drive during each early easy either else enough entire "
        + "especially even evening ever every everybody everyone everything exact exactly example except explain extra fact fair fairly false feel felt figure final finally find fine finish first fish follow form forward found free friend front full "
        + "general generally give given glad good great group grow guess half hand happen hard hardly have hear heard heavy hello help here high himself hold honest honestly hour however human imagine important include indeed inside instead "
        + "interest join just keep kept kind knew know known large last late later lately laugh lead learn least leave left less letter light likely line list listen little local long look lose lost lots love lower lucky made main major make manage many "
        + "matter maybe mean meant meet mention middle might mind minute moment month more morning most mostly move much must name near nearly need never news next nice night nobody noise none normal normally note nothing notice number "
        + "obvious obviously often once only open order other ought over page paper part particular pass past pattern people perfect perhaps person pick place plan plane play please plenty point possible possibly pretty probably problem proper properly put "
        + "question quick quickly quite rather reach read ready real really reason remain remember repeat reply rest right room round same save saying school second secret seem seen send sense separate serious several shall short should show side sign simple simply since "
        + "single slow slowly small someone something sometimes somewhere soon sort sound speak special stand state stay still stop story straight strange student study such suddenly summary suppose sure surprise system table talk team tell term than thank that their them then "
        + "there these they thing think third this those though thought through time today together told tomorrow tonight total touch toward train tried trouble true truth turn type under understand unless until upon upset usual usually various very visit voice wait "
        + "walk wall want warm watch water week weekend well went were what when where whether which while white whole whom whose wide will wish with within without woman women wonder word world would write wrong yeah year yesterday young your yourself wake woke weather "
        + "please explain describe exactly briefly typical typically anyone anywhere whenever whatever following regard regarding related relation possible nothing noticed noticing occur occurred present presenting presently consult consultation patient doctor nurse clinic hospital ward";

    public static FrozenSet<string> Stems { get; } = All.Split(' ').Select(Stemmer.Stem).ToFrozenSet(StringComparer.Ordinal);
}
