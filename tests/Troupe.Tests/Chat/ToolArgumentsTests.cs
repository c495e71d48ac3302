using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

public sealed class ToolArgumentsTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{"a":1,"b":[true,null],"c":{"d":"é"}}""")]
    [InlineData("""{ "spaces" : "are kept" }""")]
    [InlineData("""{"big":12345678901234567890123,"exact":0.10}""")]
    public void What_the_model_wrote_is_written_back(string arguments)
    {
        var call = ToolArguments.Read("a", "f", arguments);

        Assert.Null(call.Exception);
        Assert.Equal(arguments, ToolArguments.Write(call));
    }

    [Fact]
    public void Arguments_are_read_by_name()
    {
        var call = ToolArguments.Read("a", "f", """{"city":"Paris","days":2}""");

        Assert.Equal(("a", "f"), (call.CallId, call.Name));
        Assert.Equal(["city", "days"], call.Arguments!.Keys);
        Assert.Equal("Paris", $"{call.Arguments["city"]}");
    }

    [Fact]
    public void Nothing_is_no_arguments()
    {
        var call = ToolArguments.Read("a", "f", "");

        Assert.Null(call.Exception);
        Assert.Empty(call.Arguments!);
        Assert.Equal("{}", ToolArguments.Write(call));
    }

    [Theory]
    [InlineData("{\"city\":")]
    [InlineData("Paris")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"{}\"")]
    [InlineData("{} {}")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"\ud83d":1}""")]
    public void What_is_no_object_is_kept_and_marked(string arguments)
    {
        var call = ToolArguments.Read("a", "f", arguments);

        Assert.IsType<FormatException>(call.Exception);
        Assert.Null(call.Arguments);
        Assert.Equal(arguments, ToolArguments.Write(call));
    }

    [Fact]
    public void Arguments_that_are_too_deep_are_marked()
    {
        var call = ToolArguments.Read("a", "f", $$"""{"a":{{new string('[', 10_000)}}{{new string(']', 10_000)}}}""");

        Assert.IsType<FormatException>(call.Exception);
    }

    [Fact]
    public void Calls_of_other_clients_are_written_from_their_arguments()
    {
        var written = ToolArguments.Write(new FunctionCallContent("a", "f", new Dictionary<string, object?> { ["n"] = 1, ["none"] = null }));

        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""{"n":1,"none":null}"""), JsonNode.Parse(written)), written);
        Assert.Equal("{}", ToolArguments.Write(new FunctionCallContent("a", "f")));
    }
}
