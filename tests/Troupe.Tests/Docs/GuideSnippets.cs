using Microsoft.Extensions.AI;
using Troupe.Agents;
using Troupe.Caching;
using Troupe.Sessions;
using Troupe.Specialists;
using Troupe.Sqlite;
using Troupe.Storage;
using Troupe.Telemetry;
using Troupe.Tools;

namespace Troupe.Tests.Docs;

/// <summary>The C# of README and the guides, which must stand here word for word.</summary>
public sealed class GuideSnippets
{
    private readonly IChatClient model = new ScriptedChatClient { Reply = messages => $"You said: {messages[^1].Text}" };

    [Fact]
    public async Task An_agent_in_five_lines()
    {
        await using var runtime = new AgentRuntime(new MemoryStore());
        runtime.Models.Add("mine", model);
        runtime.Agents.Add(new AgentDefinition { Name = "guide", Instructions = "You are brief." });
        using var session = await runtime.OpenAsync("guide");
        var response = await session.GetResponseAsync("Hello");

        Assert.Equal("You said: Hello", response.Text);
    }

    [Fact]
    public async Task A_pure_tool_and_a_cache_of_ones_own()
    {
        await using var runtime = new AgentRuntime(new MemoryStore());
        runtime.Tools.Add(new ToolDefinition(AIFunctionFactory.Create((int goal) => goal * 7, "calculate_score"))
        {
            Kind = ToolKind.Pure,
            CacheFor = TimeSpan.FromMinutes(3),
        });
        Assert.NotNull(runtime.Tools.Find("calculate_score"));

        var loads = 0;
        using var profiles = new Cache<string, string>(new CacheOptions<string, string>
        {
            Name = "profiles",
            MaxEntries = 500,
            TimeToLive = TimeSpan.FromMinutes(10),
            StaleFor = TimeSpan.FromMinutes(1),
            Tags = runtime.Caches.Tags,
        });
        runtime.Caches.Add(profiles);
        var ofAda = new CacheEntryOptions { Tags = [CacheCatalog.TagOfOwner("ada")] };
        var profile = await profiles.GetAsync("ada", LoadProfileAsync, ofAda);
        runtime.Caches.Tags.Invalidate(CacheCatalog.TagOfOwner("ada"));

        Assert.Equal("ada's", profile);
        await profiles.GetAsync("ada", LoadProfileAsync, ofAda);
        Assert.Equal(2, loads);

        Task<string> LoadProfileAsync(string user, CancellationToken cancellationToken)
        {
            loads++;
            return Task.FromResult(user + "'s");
        }
    }

    [Fact]
    public async Task A_panel_of_specialists()
    {
        await using var runtime = new AgentRuntime(new MemoryStore());
        runtime.Models.Add("mine", model);
        runtime.Agents.Add(new AgentDefinition { Name = "career" });
        runtime.Agents.Add(new AgentDefinition { Name = "finance" });

        var panel = new SpecialistPanel(runtime, new PanelOptions { MaxWorkers = 4, Timeout = TimeSpan.FromSeconds(30) });
        var consultation = await panel.ConsultAsync("How do I save for a house?", ["career", "finance"]);

        Assert.Equal(2, consultation.Opinions.Count);
    }

    [Fact]
    public async Task Sessions_that_last()
    {
        using var temp = new TempFolder();
        var folder = temp.Path;
        var sessionId = await BeginAsync(folder);
        var text = "";

        await using var runtime = new AgentRuntime(SqliteStore.Open(new SqliteOptions { Folder = folder }));
        runtime.Models.Add("mine", model);
        runtime.Agents.Add(new AgentDefinition { Name = "guide" });
        using var session = await runtime.ResumeAsync(sessionId);
        await foreach (var update in session.GetStreamingResponseAsync("Where were we?"))
        {
            text += update.Text;
        }

        Assert.Equal("You said: Where were we?", text);
    }

    [Fact]
    public async Task Policies()
    {
        await using var runtime = new AgentRuntime(new MemoryStore());
        runtime.Agents.Add(new AgentDefinition
        {
            Name = "voice",
            Input = InputPolicy.Interrupt,
            Durability = Durability.Batched,
            SaveEvery = 5,
            MaxOutputTokens = 300,
        });

        Assert.Equal("voice", Assert.Single(runtime.Agents.All).Name);
    }

    [Fact]
    public async Task Measuring()
    {
        using var folder = new TempFolder();
        var path = Path.Combine(folder.Path, "base.json");
        var weather = "";
        await using var runtime = new AgentRuntime(new MemoryStore());

        using (runtime.Profiler.Measure("look up the weather", ProfileCategory.Tools))
        {
            weather = await LookUpAsync();
        }

        await runtime.Profiler.Report().SaveAsync(path);
        var baseline = await ProfileReport.ReadAsync(path);
        Console.WriteLine(runtime.Profiler.Report().CompareTo(baseline).ToText());

        Assert.Equal("sunny", weather);
        Assert.Equal("look up the weather", Assert.Single(baseline.Sections).Section);

        static Task<string> LookUpAsync() => Task.FromResult("sunny");
    }

    private async Task<string> BeginAsync(string folder)
    {
        await using var runtime = new AgentRuntime(SqliteStore.Open(new SqliteOptions { Folder = folder }));
        runtime.Models.Add("mine", model);
        runtime.Agents.Add(new AgentDefinition { Name = "guide" });
        using var session = await runtime.OpenAsync("guide");
        await session.GetResponseAsync("Hello");
        return session.SessionId;
    }
}
