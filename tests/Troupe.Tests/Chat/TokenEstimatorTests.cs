using Troupe.Chat;

namespace Troupe.Tests.Chat;

public sealed class TokenEstimatorTests
{
    [Fact]
    public void It_learns_the_ratio_that_the_provider_reports()
    {
        var tokens = new TokenEstimator();
        Assert.Equal(100, tokens.Estimate(360));

        for (var i = 0; i < 50; i++)
        {
            tokens.Learn(2000, 1000);
        }

        Assert.InRange(tokens.CharactersPerToken, 1.99, 2.01);
        Assert.InRange(tokens.Estimate(2000), 995, 1005);
    }

    [Fact]
    public void Short_texts_and_nonsense_teach_nothing_or_little()
    {
        var tokens = new TokenEstimator();
        tokens.Learn(1000, 15);
        tokens.Learn(0, 1000);
        tokens.Learn(-5, 1000);
        Assert.Equal(3.6, tokens.CharactersPerToken);

        for (var i = 0; i < 100; i++)
        {
            tokens.Learn(1, 1_000_000);
        }

        Assert.InRange(tokens.CharactersPerToken, 0.5, 0.51);
        Assert.Equal(int.MaxValue, tokens.Estimate(long.MaxValue));
        Assert.Equal(1, new TokenEstimator().Estimate(1));
        Assert.Equal(0, new TokenEstimator().Estimate(0));
    }
}
