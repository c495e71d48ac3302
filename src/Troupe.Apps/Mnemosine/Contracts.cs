using System.Text.Json.Serialization;
using Troupe.Telemetry;

namespace Troupe.Apps.Mnemosine;

/// <summary>One prompt, one reply.</summary>
/// <param name="Message">The words.</param>
/// <param name="SessionId">The session to go on in; a new one unless given.</param>
/// <param name="Agent">For a new session: its agent; <c>assistant</c> unless given.</param>
/// <param name="Model">Another model for this turn.</param>
/// <param name="Stream">Whether the reply comes as events.</param>
/// <param name="Cache">Whether an answer that was computed before will do, where the agent allows it; true unless given.</param>
public sealed record PromptRequest(string Message, string? SessionId = null, string? Agent = null, string? Model = null, bool? Stream = null, bool? Cache = null);

/// <summary>Durations in milliseconds.</summary>
public sealed record LatencyView(long Count, double AverageMs, double P50Ms, double P95Ms, double P99Ms, double MaxMs);

/// <summary>What the process takes of its machine.</summary>
public sealed record SystemView(
    double CpuPercent, long WorkingSetBytes, long HeapBytes, long AvailableMemoryBytes, double MemoryPercent, long DiskTotalBytes, long DiskFreeBytes, int Threads, long QueuedWork,
    double UptimeSeconds);

/// <summary>How turns have gone.</summary>
public sealed record TurnsView(long Completed, long Cancelled, long Failed, long Abandoned, int Running, LatencyView Latency);

/// <summary>How a model's calls have gone: <c>provider_calls</c> reached the provider, <c>cached</c> and <c>coalesced</c> did not have to, which saved <c>saved_tokens</c>.</summary>
public sealed record ModelView(
    string Model, int Running, long Failures, long InputTokens, long OutputTokens, LatencyView Calls, LatencyView FirstToken, long ProviderCalls, long Cached, long Coalesced, long SavedTokens);

/// <summary>What the journal has done.</summary>
public sealed record CommitsView(long Commits, long Operations, long Bytes, long Failures, int Waiting, int Batched, double OperationsPerCommit, LatencyView Latency);

/// <summary>What is loaded.</summary>
public sealed record SessionsView(int Loaded, long Bytes, long Hits, long Misses, double HitRate, long Evictions);

/// <summary>What a cache has done. <c>requests = fresh + stale + misses + coalesced</c>.</summary>
public sealed record CacheView(
    string Name, long Requests, long Fresh, long Stale, long Misses, long Coalesced, double HitRate, long Loads, long Failures, long BackedOff, long NotKept, long Evicted, long Expired, long Removed,
    long Prefetched, double PrefetchUsedRatio, long PrefetchDropped, long SecondLevelHits, long SecondLevelSkipped, int Entries, int MaxEntries, long Bytes, long MaxBytes);

/// <summary>All caches.</summary>
public sealed record CacheList(DateTimeOffset At, IReadOnlyList<CacheView> Caches);

/// <summary>What to clear: one cache by its name, what was cached for one user, or everything when neither is given.</summary>
public sealed record CacheClearRequest(string? Name = null, string? User = null);

/// <summary>What was cleared.</summary>
public sealed record CacheCleared(IReadOnlyList<string> Caches, string? User = null);

/// <summary>The agents that are kept warm. The size bounds no concurrency.</summary>
public sealed record PoolView(
    DateTimeOffset At, int Size, int Warm, int InUse, long Hits, long Misses, double HitRate, long Evicted, long Expired, long Replaced, long Remade, string Advice);

/// <summary>Everything that is measured.</summary>
public sealed record MetricsView(
    DateTimeOffset At, SystemView System, TurnsView Turns, IReadOnlyList<ModelView> Models, CommitsView Commits, SessionsView Sessions, IReadOnlyList<CacheView> Caches, PoolView AgentPool);

/// <summary>A turn under way, without any of its words.</summary>
/// <param name="SessionId">Its session.</param>
/// <param name="Owner">Whose it is.</param>
/// <param name="Agent">Who answers.</param>
/// <param name="TurnId">The turn, by which it can be cancelled.</param>
/// <param name="State"><c>running</c>, <c>waiting</c> for a person's yes or no, or <c>queued</c> behind another turn.</param>
/// <param name="Since">When it was accepted.</param>
/// <param name="Milliseconds">How long ago that was.</param>
/// <param name="Waiting">Inputs of its session that are queued behind it.</param>
public sealed record RunningTurn(string SessionId, string Owner, string Agent, string TurnId, string State, DateTimeOffset Since, long Milliseconds, int Waiting);

/// <summary>The turns under way, oldest first, at most 100 of <c>running_total</c>.</summary>
public sealed record RunningList(DateTimeOffset At, IReadOnlyList<RunningTurn> Running, int RunningTotal);

/// <summary>A limit of spending, or what somebody has spent of one today.</summary>
/// <param name="Scope"><c>turn</c>, <c>session</c>, <c>owner_day</c> or <c>key_day</c>.</param>
/// <param name="Owner">Who has spent; null where the line is the limit itself, which holds for everybody.</param>
/// <param name="Agent">The agent whose limit it is; null for the host's or a key's.</param>
/// <param name="Tokens">Tokens spent.</param>
/// <param name="TokenLimit">Tokens at most; null for no limit.</param>
/// <param name="Money">Money spent, in the unit of the models' prices.</param>
/// <param name="MoneyLimit">Money at most; null for no limit.</param>
public sealed record BudgetLine(string Scope, string? Owner, string? Agent, long? Tokens, long? TokenLimit, decimal? Money, decimal? MoneyLimit);

/// <summary>How the server stands at a moment: an event of the performance stream.</summary>
/// <param name="At">The moment.</param>
/// <param name="Metrics">What is measured.</param>
/// <param name="Status">The worst of the checks: <c>ok</c>, <c>warning</c> or <c>failing</c>.</param>
/// <param name="Checks">The checks.</param>
/// <param name="Running">The turns under way, oldest first, at most 100.</param>
/// <param name="RunningTotal">How many there are.</param>
/// <param name="Budgets">Limits of spending and what is spent of them, at most 100 lines.</param>
public sealed record PerformanceTick(
    DateTimeOffset At, MetricsView Metrics, string Status, IReadOnlyList<HealthCheck> Checks, IReadOnlyList<RunningTurn> Running, int RunningTotal, IReadOnlyList<BudgetLine> Budgets);

/// <summary>What the profiler has measured, and how that stands to a report that was saved.</summary>
/// <param name="At">The moment.</param>
/// <param name="Since">When it began to measure.</param>
/// <param name="Sections">The sections, what took the most time first.</param>
/// <param name="Comparison">Each section beside what it was; null unless asked for.</param>
public sealed record ReportView(DateTimeOffset At, DateTimeOffset Since, IReadOnlyList<ProfileRow> Sections, ProfileComparison? Comparison = null);

/// <summary>A report that was saved under a name.</summary>
public sealed record ReportSaved(string Name, DateTimeOffset At, int Sections);

/// <summary>One thing that was checked: <c>ok</c>, <c>warning</c> or <c>failing</c>, with the value it was judged by.</summary>
public sealed record HealthCheck(string Name, string Status, string Detail);

/// <summary>A check whose level has changed.</summary>
/// <param name="At">When.</param>
/// <param name="Check">The check.</param>
/// <param name="From">Its level before.</param>
/// <param name="To">Its level now.</param>
/// <param name="Value">The value.</param>
/// <param name="Detail">The value with what it is judged by.</param>
public sealed record HealthAlert(DateTimeOffset At, string Check, string From, string To, double Value, string Detail);

/// <summary>Health with the figures it is judged by.</summary>
public sealed record DetailedHealth(string Status, DateTimeOffset At, IReadOnlyList<HealthCheck> Checks, MetricsView Metrics);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    AllowDuplicateProperties = false,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(PromptRequest))]
[JsonSerializable(typeof(MetricsView))]
[JsonSerializable(typeof(PerformanceTick))]
[JsonSerializable(typeof(RunningList))]
[JsonSerializable(typeof(DetailedHealth))]
[JsonSerializable(typeof(HealthAlert))]
[JsonSerializable(typeof(ReportView))]
[JsonSerializable(typeof(ReportSaved))]
[JsonSerializable(typeof(CacheList))]
[JsonSerializable(typeof(CacheClearRequest))]
[JsonSerializable(typeof(CacheCleared))]
[JsonSerializable(typeof(PoolView))]
internal sealed partial class MnemosineJson : JsonSerializerContext;
