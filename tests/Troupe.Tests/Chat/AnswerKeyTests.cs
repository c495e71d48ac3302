using System.Reflection;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Troupe.Chat;

namespace Troupe.Tests.Chat;

/// <summary>Whatever a request says, another request that says it otherwise has another key, or none.</summary>
public sealed class AnswerKeyTests
{
    private static readonly Action<AIContent>[] OfEveryContent =
    [
        c => c.RawRepresentation = new object(),
        c => c.Annotations = [new AIAnnotation()],
        c => c.AdditionalProperties = new() { ["cache_control"] = "ephemeral" },
        c => c.AdditionalProperties = new() { ["a"] = new object() },
    ];

    [Fact]
    public void Every_property_of_the_options_changes_the_key_or_forbids_one()
    {
#pragma warning disable MEAI001 // It is set, to see that such a call is not cached.
        var changes = new Dictionary<string, Action<ChatOptions>[]>(StringComparer.Ordinal)
        {
            ["ConversationId"] = [o => o.ConversationId = "c"],
            ["Instructions"] = [o => o.Instructions = "Be kind.", o => o.Instructions = ""],
            ["Temperature"] = [o => o.Temperature = 0.5f, o => o.Temperature = null],
            ["MaxOutputTokens"] = [o => o.MaxOutputTokens = 1, o => o.MaxOutputTokens = 0],
            ["TopP"] = [o => o.TopP = 0.5f, o => o.TopP = 0],
            ["TopK"] = [o => o.TopK = 1, o => o.TopK = 0],
            ["FrequencyPenalty"] = [o => o.FrequencyPenalty = 0.5f, o => o.FrequencyPenalty = 0],
            ["PresencePenalty"] = [o => o.PresencePenalty = 0.5f, o => o.PresencePenalty = 0],
            ["Seed"] = [o => o.Seed = 1, o => o.Seed = 0],
            ["Reasoning"] = [o => o.Reasoning = new() { Effort = ReasoningEffort.High }, o => o.Reasoning = new() { Effort = ReasoningEffort.Low }, o => o.Reasoning = new() { Output = ReasoningOutput.Full }],
            ["ResponseFormat"] =
            [
                o => o.ResponseFormat = ChatResponseFormat.Text, o => o.ResponseFormat = ChatResponseFormat.Json,
                o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema("""{"type":"object"}""")), o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema("""{"type":"array"}""")),
                o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema("""{"type":"object"}"""), "name"), o => o.ResponseFormat = ChatResponseFormat.ForJsonSchema(Schema("""{"type":"object"}"""), null, "name"),
            ],
            ["ModelId"] = [o => o.ModelId = "m"],
            ["StopSequences"] = [o => o.StopSequences = [], o => o.StopSequences = ["ab", "c"], o => o.StopSequences = ["a", "bc"], o => o.StopSequences = ["abc"]],
            ["AllowMultipleToolCalls"] = [o => o.AllowMultipleToolCalls = true, o => o.AllowMultipleToolCalls = false],
            ["ToolMode"] =
            [
                o => o.ToolMode = ChatToolMode.Auto, o => o.ToolMode = ChatToolMode.None, o => o.ToolMode = ChatToolMode.RequireAny, o => o.ToolMode = ChatToolMode.RequireSpecific("a"),
                o => o.ToolMode = ChatToolMode.RequireSpecific("b"),
            ],
            ["Tools"] =
            [
                o => o.Tools = [], o => o.Tools = [Tool("a")], o => o.Tools = [Tool("b")], o => o.Tools = [Tool("a"), Tool("b")], o => o.Tools = [Tool("b"), Tool("a")], o => o.Tools = [Tool("a", "described")],
                o => o.Tools = [Tool("a", "", """{"type":"object"}""")], o => o.Tools = [Tool("a", "", """{}""", """{"type":"string"}""")], o => o.Tools = [new TaggedTool("a", "strict", true)],
                o => o.Tools = [new TaggedTool("a", "strict", false)], o => o.Tools = [new HostedWebSearchTool()],
            ],
            ["AllowBackgroundResponses"] = [o => o.AllowBackgroundResponses = true, o => o.AllowBackgroundResponses = false],
            ["ContinuationToken"] = [o => o.ContinuationToken = ResponseContinuationToken.FromBytes(new byte[] { 1 })],
            ["RawRepresentationFactory"] = [o => o.RawRepresentationFactory = _ => null],
            ["AdditionalProperties"] =
            [
                o => o.AdditionalProperties = new() { ["a"] = "5" }, o => o.AdditionalProperties = new() { ["b"] = "5" }, o => o.AdditionalProperties = new() { ["a"] = 5 }, o => o.AdditionalProperties = new() { ["a"] = 5L },
                o => o.AdditionalProperties = new() { ["a"] = 5.0 }, o => o.AdditionalProperties = new() { ["a"] = 5.0f }, o => o.AdditionalProperties = new() { ["a"] = 5m }, o => o.AdditionalProperties = new() { ["a"] = null },
                o => o.AdditionalProperties = new() { ["a"] = true }, o => o.AdditionalProperties = new() { ["a"] = false }, o => o.AdditionalProperties = new() { ["a"] = Schema("5") }, o => o.AdditionalProperties = new() { ["a"] = "Int32", ["5"] = "" },
                o => o.AdditionalProperties = new() { ["a"] = new Knowledge("5", []) }, o => o.AdditionalProperties = new() { ["a"] = new Knowledge("5", ["f", "g"]) }, o => o.AdditionalProperties = new() { ["a"] = new Knowledge("5", ["fg"]) },
                o => o.AdditionalProperties = new() { ["a"] = new Knowledge("5", ["", "fg"]) }, o => o.AdditionalProperties = new() { ["a"] = new List<string> { "x" } },
            ],
        };
#pragma warning restore MEAI001
        Assert.Equal(PropertiesOf(typeof(ChatOptions)), Sorted(changes.Keys));

        AllDiffer(changes.Values.SelectMany(c => c).Select(change =>
        {
            var options = new ChatOptions { Temperature = 0 };
            change(options);
            return Key([Said("Hello")], options);
        }).Append(Key([Said("Hello")], new ChatOptions { Temperature = 0 })).Append(Key([Said("Hello")], null)));
    }

    [Fact]
    public void The_parts_of_the_options_are_those_that_the_key_knows()
    {
        Assert.Equal(["Effort", "Output"], PropertiesOf(typeof(ReasoningOptions)));
        Assert.Equal(["Schema", "SchemaDescription", "SchemaName"], PropertiesOf(typeof(ChatResponseFormatJson)));
        Assert.Equal(["RequiredFunctionName"], PropertiesOf(typeof(RequiredChatToolMode)));
        Assert.Equal(["AdditionalProperties", "Description", "JsonSchema", "Name", "ReturnJsonSchema"], PropertiesOf(typeof(AIFunctionDeclaration)));
        Assert.Equal(["Facts", "Greeting"], PropertiesOf(typeof(Knowledge)));
    }

    [Fact]
    public void Every_property_of_a_message_changes_the_key_or_forbids_one()
    {
        var changes = new Dictionary<string, Action<ChatMessage>[]>(StringComparer.Ordinal)
        {
            ["Role"] = [m => m.Role = ChatRole.Assistant, m => m.Role = ChatRole.System, m => m.Role = new ChatRole("other")],
            ["AuthorName"] = [m => m.AuthorName = "ann", m => m.AuthorName = "bob"],
            ["MessageId"] = [m => m.MessageId = "ann"],
            ["CreatedAt"] = [m => m.CreatedAt = DateTimeOffset.UnixEpoch, m => m.CreatedAt = DateTimeOffset.UnixEpoch.AddTicks(1), m => m.CreatedAt = DateTimeOffset.UnixEpoch.ToOffset(TimeSpan.FromHours(1))],
            ["Contents"] =
            [
                m => m.Contents = [], m => m.Contents = [new TextContent("Hello"), new TextContent("")], m => m.Contents = [new TextContent("Hel"), new TextContent("lo")],
                m => m.Contents = [new TextContent("He"), new TextContent("llo")],
            ],
            ["RawRepresentation"] = [m => m.RawRepresentation = new object()],
            ["AdditionalProperties"] = [m => m.AdditionalProperties = new() { ["a"] = "5" }, m => m.AdditionalProperties = new() { ["a"] = 5 }],
            ["Text"] = [],
        };
        Assert.Equal(PropertiesOf(typeof(ChatMessage)), Sorted(changes.Keys));

        AllDiffer(changes.Values.SelectMany(c => c).Select(change =>
        {
            var message = Said("Hello");
            change(message);
            return Key([message]);
        }).Append(Key([Said("Hello")])));
    }

    [Fact]
    public void Every_property_of_every_content_changes_the_key_or_forbids_one()
    {
        var made = new Dictionary<Type, (Func<AIContent>[] Values, string[] Properties)>
        {
            [typeof(TextContent)] = ([() => new TextContent("a"), () => new TextContent("b"), () => new TextContent("\ud800"), () => new TextContent("\ud801"), () => new TextContent("\ufffd")], ["Text"]),
            [typeof(TextReasoningContent)] =
                ([() => new TextReasoningContent("a"), () => new TextReasoningContent("b"), () => new TextReasoningContent("a") { ProtectedData = "p" }, () => new TextReasoningContent("a") { ProtectedData = "" }], ["ProtectedData", "Text"]),
            [typeof(FunctionCallContent)] =
            (
                [
                    () => new FunctionCallContent("1", "f"), () => new FunctionCallContent("2", "f"), () => new FunctionCallContent("1", "g"), () => new FunctionCallContent("1", "f") { InformationalOnly = true },
                    () => new FunctionCallContent("1", "f", new Dictionary<string, object?>()), () => new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["x"] = 1 }),
                    () => new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["x"] = "1" }), () => new FunctionCallContent("1", "f", new Dictionary<string, object?> { ["y"] = 1 }),
                    () => new FunctionCallContent("1", "f") { Exception = new FormatException("broken") }, () => ToolArguments.Read("1", "f", "{"), () => ToolArguments.Read("1", "f", "["), () => ToolArguments.Read("1", "f", "{}"),
                    () => ToolArguments.Read("1", "f", """{"x":2}"""), () => ToolArguments.Read("1", "f", """{"x": 2}"""), () => new FunctionCallContent("", "1f"), () => new FunctionCallContent("1f", ""),
                ],
                ["Arguments", "CallId", "Exception", "InformationalOnly", "Name"]),
            [typeof(FunctionResultContent)] =
            (
                [
                    () => new FunctionResultContent("1", null), () => new FunctionResultContent("1", ""), () => new FunctionResultContent("1", "5"), () => new FunctionResultContent("2", "5"), () => new FunctionResultContent("1", Schema("5")),
                    () => new FunctionResultContent("1", Schema("\"5\"")), () => new FunctionResultContent("1", "\"5\""), () => new FunctionResultContent("1", "5") { Exception = new FormatException("broken") },
                    () => new FunctionResultContent("1", 5), () => new FunctionResultContent("1", new List<int>()),
                ],
                ["CallId", "Exception", "Result"]),
            [typeof(DataContent)] =
            (
                [
                    () => new DataContent(new byte[] { 1 }, "image/png"), () => new DataContent(new byte[] { 2 }, "image/png"), () => new DataContent(new byte[] { 1 }, "image/jpeg"), () => new DataContent(new byte[] { 1 }, "image/png") { Name = "n" },
                    () => new DataContent(Array.Empty<byte>(), "image/png"),
                ],
                ["Base64Data", "Data", "MediaType", "Name", "Uri"]),
            [typeof(UriContent)] =
                ([() => new UriContent("http://a/b", "image/png"), () => new UriContent("http://a/c", "image/png"), () => new UriContent("http://a/b", "image/jpeg")], ["MediaType", "Uri"]),
        };
        Assert.Equal(["AdditionalProperties", "Annotations", "RawRepresentation"], PropertiesOf(typeof(AIContent)));
        foreach (var (type, (values, properties)) in made)
        {
            Assert.Equal(Sorted(properties.Concat(PropertiesOf(typeof(AIContent)))), PropertiesOf(type));
            var changed = OfEveryContent.Select(change =>
            {
                var content = values[0]();
                change(content);
                return content;
            });
            AllDiffer(values.Select(make => make()).Concat(changed).Select(content => Key([new ChatMessage(ChatRole.User, [content])])));
        }

        AllDiffer(made.Values.SelectMany(m => m.Values).Select(make => Key([new ChatMessage(ChatRole.User, [make()])])));

        // What the key does not know it does not take for anything, nor what is derived from what it knows.
        var others = typeof(AIContent).Assembly.GetExportedTypes().Where(t => t.IsAssignableTo(typeof(AIContent)) && !t.IsAbstract && !made.ContainsKey(t)).ToList();
        Assert.NotEmpty(others);
        foreach (var type in others)
        {
            var content = (AIContent)System.Runtime.CompilerServices.RuntimeHelpers.GetUninitializedObject(type);
            Assert.True(Key([new ChatMessage(ChatRole.User, [content])]) is null, $"{type.Name} has a key");
        }

        Assert.Null(Key([new ChatMessage(ChatRole.User, [new LoudData()])]));
    }

    [Fact]
    public void Whose_it_is_and_of_which_model_changes_the_key()
    {
        List<ChatMessage> said = [Said("Hello")];
        AllDiffer(
        [
            AnswerKey.Of("p", "m", "global", said, null), AnswerKey.Of("p", "n", "global", said, null), AnswerKey.Of("q", "m", "global", said, null), AnswerKey.Of("p", "m", "owner:ann", said, null),
            AnswerKey.Of("p", "m", "owner:bob", said, null), AnswerKey.Of("a/b", "c", "global", said, null), AnswerKey.Of("a", "b/c", "global", said, null), AnswerKey.Of("pm", "", "global", said, null), AnswerKey.Of("", "pm", "global", said, null),
        ]);
    }

    [Fact]
    public void Moving_a_border_between_parts_changes_the_key()
    {
        AllDiffer(
        [
            Key([Said("ab"), Said("c")]), Key([Said("a"), Said("bc")]), Key([Said("abc")]), Key([Said("abc"), Said("")]), Key([Said(""), Said("abc")]), Key([]), Key([], new ChatOptions()), Key([Said("")]),
            Key([new ChatMessage(ChatRole.User, [new TextContent("ab"), new TextContent("c")])]), Key([new ChatMessage(ChatRole.User, [new TextContent("a"), new TextContent("bc")])]),
        ]);

        // A part of one kind that is spelled like a part of another: these two were the same before each value had its kind with it.
        var number = new ChatMessage(ChatRole.User, "x") { AdditionalProperties = new() { ["a"] = 5 } };
        var text = new ChatMessage(ChatRole.User, "x") { AdditionalProperties = new() { ["a"] = "Int32", ["5"] = "\0\0\0\0\0\0\0\u0001" } };
        AllDiffer([Key([number]), Key([text]), Key([number], new ChatOptions()), Key([text], new ChatOptions())]);
    }

    [Fact]
    public void The_same_request_has_the_same_key_whoever_pays_for_it()
    {
        static AnswerKey? Of(string owner) => Key(
            [Said("Hello")],
            new ChatOptions { Tools = [Tool("a")], AdditionalProperties = new() { ["b"] = 1, ["a"] = new Knowledge("g", ["f"]), [ModelCall.OptionName] = new ModelCall { Owner = owner, Turn = owner.Length } } });

        Assert.NotNull(Of("ann"));
        Assert.Equal(Of("ann"), Of("robert"));
    }

    private static AnswerKey? Key(IReadOnlyCollection<ChatMessage> messages, ChatOptions? options = null) => AnswerKey.Of("test", "model", "global", messages, options);

    private static ChatMessage Said(string text) => new(ChatRole.User, text);

    private static JsonElement Schema(string json) => JsonElement.Parse(json);

    private static AIFunctionDeclaration Tool(string name, string description = "", string schema = "{}", string? returned = null) =>
        AIFunctionFactory.CreateDeclaration(name, description, Schema(schema), returned is null ? null : Schema(returned));

    private static void AllDiffer(IEnumerable<AnswerKey?> keys)
    {
        var known = keys.Where(k => k is not null).ToList();
        Assert.True(known.Count > 0);
        Assert.Equal(known.Count, known.Distinct().Count());
    }

    private static IEnumerable<string> PropertiesOf(Type type) =>
        Sorted(type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(p => p.GetMethod!.GetBaseDefinition().DeclaringType != typeof(object)).Select(p => p.Name).Distinct(StringComparer.Ordinal));

    private static IEnumerable<string> Sorted(IEnumerable<string> names) => names.Order(StringComparer.Ordinal);

    private sealed class LoudData() : DataContent(new byte[] { 1 }, "audio/wav")
    {
        public int Volume { get; set; }
    }

    private sealed class TaggedTool(string name, string property, object value) : AIFunctionDeclaration
    {
        public override string Name => name;

        public override JsonElement JsonSchema => Schema("{}");

        public override IReadOnlyDictionary<string, object?> AdditionalProperties => new Dictionary<string, object?>(StringComparer.Ordinal) { [property] = value };
    }
}
