using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

public sealed class FallbackTests
{
    [Theory]
    [InlineData(ModelErrorCodes.Unavailable)]
    [InlineData(ModelErrorCodes.RateLimited)]
    [InlineData(ModelErrorCodes.Timeout)]
    [InlineData(ModelErrorCodes.Unauthorized)]
    [InlineData(ModelErrorCodes.CircuitOpen)]
    public async Task The_next_model_answers_when_one_fails_before_its_first_word(string code)
    {
        using var models = new ModelCatalog(new ManualTime());
        var (first, second, third) = (new ScriptedChatClient(), new ScriptedChatClient(), new ScriptedChatClient { Reply = _ => "third" });
        var model = models.Add(new ModelInfo { Name = "first", Provider = "test", Fallbacks = ["second", "gone", "third"] }, first);
        models.Add("second", second);
        models.Add("third", third);

        var answer = model.Client.GetResponseAsync("Hello", cancellationToken: Limits.Token);
        (await first.NextAsync()).Fail(new ModelException(code, "No."));
        (await second.NextAsync()).Fail(new IOException("A client of a library's that breaks."));

        Assert.Equal("third", (await answer).Text);
        Assert.Equal((1L, 1L, 0L), (model.Metrics.Failures, models.Find("second")!.Metrics.Failures, models.Find("third")!.Metrics.Failures));
    }

    [Theory]
    [InlineData(ModelErrorCodes.Refused)]
    [InlineData(ModelErrorCodes.TooLong)]
    public async Task What_one_model_refuses_is_not_asked_elsewhere(string code)
    {
        using var models = new ModelCatalog();
        var (first, second) = (new ScriptedChatClient(), new ScriptedChatClient { Reply = _ => "second" });
        var model = models.Add(new ModelInfo { Name = "first", Provider = "test", Fallbacks = ["second"] }, first);
        models.Add("second", second);

        var answer = model.Client.GetResponseAsync("Hello", cancellationToken: Limits.Token);
        (await first.NextAsync()).Fail(new ModelException(code, "No."));

        Assert.Equal(code, (await Assert.ThrowsAsync<ModelException>(() => answer)).Code);
        Assert.Equal(0, second.Count);
    }

    [Fact]
    public async Task Nobody_takes_over_in_the_middle_of_an_answer()
    {
        using var models = new ModelCatalog();
        var (first, second) = (new ScriptedChatClient(), new ScriptedChatClient { Reply = _ => "second" });
        var model = models.Add(new ModelInfo { Name = "first", Provider = "test", Fallbacks = ["second"] }, first);
        models.Add("second", second);

        var answer = model.Client.GetResponseAsync("Hello", cancellationToken: Limits.Token);
        var call = await first.NextAsync();
        call.Say("So");
        call.Fail(new ModelException(ModelErrorCodes.BrokenAnswer, "Broken."));

        Assert.Equal(ModelErrorCodes.BrokenAnswer, (await Assert.ThrowsAsync<ModelException>(() => answer)).Code);
        Assert.Equal(0, second.Count);
    }

    [Fact]
    public async Task Two_models_that_name_each_other_do_not_go_in_circles()
    {
        using var models = new ModelCatalog();
        var (first, second) = (new ScriptedChatClient(), new ScriptedChatClient());
        var model = models.Add(new ModelInfo { Name = "first", Provider = "test", Fallbacks = ["second"] }, first);
        models.Add(new ModelInfo { Name = "second", Provider = "test", Fallbacks = ["first"] }, second);

        var answer = model.Client.GetResponseAsync("Hello", cancellationToken: Limits.Token);
        (await first.NextAsync()).Fail(new ModelException(ModelErrorCodes.Unavailable, "No."));
        (await second.NextAsync()).Fail(new ModelException(ModelErrorCodes.Unavailable, "No."));

        await Assert.ThrowsAsync<ModelException>(() => answer);
        Assert.Equal((1, 1), (first.Count, second.Count));
    }
}
