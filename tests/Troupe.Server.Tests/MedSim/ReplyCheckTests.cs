using Troupe.Apps.MedSim.Cases;
using Troupe.Apps.MedSim.Patient;

namespace Troupe.Server.Tests.MedSim;

/// <summary>What a reply may say, held against the facts that may be told.</summary>
public sealed class ReplyCheckTests
{
    [Theory]
    [InlineData("onset", "It started about a month ago, when I was lifting a suitcase onto the bus.", Verdict.Contradicted)]
    [InlineData("onset", "About two hours ago. I was lifting a suitcase.", Verdict.Invented)]
    [InlineData("nausea", "I feel really queasy, and I have been sick.", Verdict.Contradicted)]
    [InlineData("faint", "I felt dizzy for a moment, and I did black out.", Verdict.Contradicted)]
    [InlineData("palpitations", "I have felt it racing or skipping beats.", Verdict.Contradicted)]
    [InlineData("radiation", "It goes up into my jaw and down the inside of my right arm.", Verdict.Contradicted)]
    [InlineData("relief", "I sat down and rested for a bit, and that did help.", Verdict.Contradicted)]
    [InlineData("fever-cough", "I've had a cough and no fever.", Verdict.Contradicted)]
    [InlineData("onset", "About an hour ago. I came out in a cold sweat and my shirt was soaked through.", Verdict.Unasked)]
    [InlineData("onset", "About an hour ago. I didn't come out in a cold sweat.", Verdict.Unasked)]
    [InlineData("onset", "I have two or three pints on a Saturday, and that's all.", Verdict.Unasked)]
    [InlineData("onset", "About an hour ago. My ears have been ringing and my ears feel sore.", Verdict.Invented)]
    [InlineData("onset", "I don't know, but I have had a bad rash on my arms.", Verdict.Invented)]
    [InlineData("onset", "About an hour ago. Soft, not tender, no pulsating mass.", Verdict.Leaked)]
    [InlineData("onset", "They told me I am having a myocardial infarction.", Verdict.Leaked)]
    [InlineData("onset", "My blood pressure is 150/90.", Verdict.Leaked)]
    [InlineData("onset", "The ECG showed that it is my heart.", Verdict.Leaked)]
    [InlineData("onset", "As an AI language model I cannot have pain.", Verdict.OutOfPart)]
    public void What_is_wrong_is_named(string asked, string reply, string verdict) => Assert.Equal(verdict, Fault(asked, reply));

    [Theory]
    [InlineData("onset", "About an hour ago. I was lifting a suitcase onto the bus.")]
    [InlineData("onset", "Let me see. It began around an hour ago, when I lifted a suitcase onto the bus.")]
    [InlineData("nausea", "I'm really queasy, but I have not been sick.")]
    [InlineData("nausea", "No, I haven't been sick. I do feel queasy.")]
    [InlineData("faint", "I was dizzy for a moment. I did not black out, no.")]
    [InlineData("palpitations", "No, it hasn't been racing, and no, I don't feel it skipping beats.")]
    [InlineData("radiation", "Up into my jaw, doctor, and down the inside of my left arm.")]
    [InlineData("relief", "I rested for a bit. That did not help at all.")]
    [InlineData("fever-cough", "No cough, no fever. I felt fine when I got up.")]
    [InlineData("back-pain", "It isn't a ripping pain, and it doesn't go through to my back.")]
    [InlineData("onset", "I don't know, doctor. Nobody has told me.")]
    [InlineData("onset", "Yes, of course, go ahead.")]
    [InlineData("onset", "I'm sorry, I can't remember. I hope that helps.")]
    public void What_keeps_to_the_facts_passes(string asked, string reply) => Assert.Null(Fault(asked, reply));

    private static string? Fault(string asked, string reply) =>
        ReplyCheck.For(CaseLibrary.Own[Ward.Case]).Fault(reply, "Can you tell me about that?", new HashSet<string>(StringComparer.Ordinal) { asked }, [asked]);
}
