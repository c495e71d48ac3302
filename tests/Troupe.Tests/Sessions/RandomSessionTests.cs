using System.Globalization;
using Troupe.Agents;
using Troupe.Sessions;
using Troupe.Storage;

namespace Troupe.Tests.Sessions;

public sealed class RandomSessionTests
{
    private const int Steps = 60;

    public static TheoryData<int> Seeds { get; } =
        Environment.GetEnvironmentVariable("TROUPE_TEST_SEED") is { Length: > 0 } seed
            ? [int.Parse(seed, CultureInfo.InvariantCulture)]
            : [.. Enumerable.Range(0, 24).Select(_ => Random.Shared.Next())];

    /// <summary>Whatever is done to a session in whatever order: what was accepted is there once, what was told stays, and the log is whole.
    /// The seed is the argument; TROUPE_TEST_SEED runs it again.</summary>
    [Theory]
    [MemberData(nameof(Seeds), DisableDiscoveryEnumeration = true)]
    public async Task A_session_keeps_its_promises_in_any_order_of_events(int seed)
    {
        var random = new Random(seed);
        var policy = (InputPolicy)random.Next(4);
        var durability = random.Next(3) == 0 ? Durability.Batched : Durability.Durable;
        await using var stage = new Stage(
            random.Next(2) == 0, new AgentDefinition { Name = "guide", Input = policy, MaxWaiting = 5 },
            new AgentRuntimeOptions { Journal = new() { SaveInterval = TimeSpan.FromHours(1) } });
        var play = new Play(stage, random, await stage.NewAsync(durability), durability);
        try
        {
            for (var step = 0; step < Steps; step++)
            {
                await play.StepAsync();
            }

            await play.EndAsync();
        }
        catch (Exception failure)
        {
            throw new InvalidOperationException($"TROUPE_TEST_SEED={seed} ({policy}, {durability}): {string.Join(' ', play.Done)}", failure);
        }
    }

    /// <summary>The events, and what must be true after them.</summary>
    private sealed class Play(Stage stage, Random random, string id, Durability durability)
    {
        private readonly Dictionary<string, (TurnInput Input, long Turn)> _keys = new(StringComparer.Ordinal);
        private readonly Dictionary<long, List<string>> _words = [];
        private readonly List<ScriptedChatClient.Call> _calls = [];
        private readonly Dictionary<long, TurnResult> _final = [];
        private readonly List<(long Turn, Task<TurnResult> Told)> _told = [];
        private int _count;
        private int _seen;

        public List<string> Done { get; } = [];

        public async Task StepAsync()
        {
            await TakeCallsAsync();
            switch (random.Next(21))
            {
                case < 6:
                    await SubmitAsync(Next());
                    break;

                case < 9:
                    EndCall(call => call.Finish($" end {_count++}"), "finish");
                    break;

                case 9:
                    EndCall(call => call.Fail(new IOException()), "fail");
                    break;

                case < 12 when _calls.Count > 0:
                    Done.Add("say");
                    _calls[random.Next(_calls.Count)].Say($"said {_count++}");
                    break;

                case < 14:
                    await CancelAsync();
                    break;

                case 14 when _keys.Count > 0:
                    await RepeatAsync();
                    break;

                case 15:
                    await MoveHeadAsync();
                    break;

                case 16:
                    Done.Add("unload");
                    var session = await stage.ReadAsync(id, s => s);
                    var head = session.Head;
                    if (session.TryClose())
                    {
                        stage.Sessions.Remove(session);
                        Assert.Equal(head, await stage.ReadAsync(id, s => s.Head));
                    }

                    break;

                case 17:
                    Done.Add("stop");
                    await stage.ReopenAsync();
                    await ForgetCallsAsync();
                    break;

                case 18 when durability == Durability.Durable:
                    Done.Add("crash");
                    await stage.Runtime.Journal.FlushAsync(Limits.Token);
                    await stage.CrashAsync();
                    await ForgetCallsAsync();
                    break;

                case 19:
                    await EraseAsync();
                    break;

                default:
                    await CheckAsync();
                    break;
            }
        }

        public async Task EndAsync()
        {
            stage.Model.Reply = _ => "the end";
            var idle = false;
            while (!idle)
            {
                await TakeCallsAsync();
                EndCall(call => call.Finish("over"), "end");
                idle = await stage.ReadAsync(id, s => s.IsIdle || durability == Durability.Batched && s.FindTurn(s.NewestTurn).Live is null && _calls.Count == 0);
                await Task.Yield();
            }

            await stage.ReopenAsync();
            await CheckAsync();
            Assert.All(_words.Keys, n => Assert.NotNull(stage.ReadAsync(id, s => s.FindTurn(n))));
            var stored = (await stage.StoredAsync(id))!;
            Assert.All(stored.Turns, t => Assert.False(t.State is TurnState.Queued or TurnState.Running, $"turn {t.Number} is {t.State}"));
            Assert.Equal(stored.Entries.Count, await stage.ReadAsync(id, s => s.Count));
            foreach (var (_, told) in _told)
            {
                await Record.ExceptionAsync(() => told.Soon());
            }

            foreach (var (input, turn) in _keys.Values.Where(k => _final.ContainsKey(k.Turn)))
            {
                if (await stage.ReadAsync(id, s => s.FindTurn(turn).Record.Leaf is > 0 and var leaf && s[leaf].Role == EntryRole.Erased))
                {
                    Assert.Equal("turn_erased", (await Assert.ThrowsAsync<TroupeException>(() => stage.SubmitAsync(id, input))).Code);
                    continue;
                }

                var (session, again) = await stage.SubmitAsync(id, input);
                var result = await session.WaitAsync(again, Limits.Token);
                Assert.Equal(_final[turn] with { Error = null }, result with { Error = null });
            }
        }

        private TurnInput Next()
        {
            var entries = durability == Durability.Durable ? _count % 3 : 0;
            var text = string.Create(CultureInfo.InvariantCulture, $"<{_count++}>");
            return new TurnInput
            {
                Message = text,
                Key = random.Next(2) == 0 ? $"key {text}" : null,
                Parent = random.Next(5) == 0 ? entries : null,
            };
        }

        private async Task SubmitAsync(TurnInput input)
        {
            try
            {
                if (random.Next(8) == 0 && await stage.ReadAsync(id, s => s.Page(0, int.MaxValue).LastOrDefault(e => e.Role == EntryRole.User)) is { } asked)
                {
                    input = new TurnInput { Regenerate = asked.Seq, Key = input.Key };
                }

                Done.Add(input.Regenerate is null ? $"submit{(input.Parent is { } p ? $"@{p}" : "")}" : "regenerate");
                var (session, turn) = await stage.SubmitAsync(id, input);
                if (input.Key is { } key)
                {
                    _keys.Add(key, (input, turn.Number));
                }

                if (input.Message is { } words)
                {
                    (_words.TryGetValue(turn.Number, out var known) ? known : _words[turn.Number] = []).Add(words);
                }

                Watch(session, turn);
            }
            catch (TroupeException refusal)
            {
                Done.Add(refusal.Code);
                Assert.Contains(refusal.Code, new[] { "session_busy", "session_queue_full", "entry_not_found" });
            }
        }

        private async Task RepeatAsync()
        {
            var (key, (input, number)) = _keys.ElementAt(random.Next(_keys.Count));
            Done.Add("repeat");
            try
            {
                var (session, turn) = await stage.SubmitAsync(id, input);
                Assert.Equal(number, turn.Number);
                Watch(session, turn);
            }
            catch (TroupeException refusal)
            {
                Assert.Contains(refusal.Code, new[] { "session_busy", "session_queue_full", "turn_erased" });
            }

            var other = await Assert.ThrowsAsync<TroupeException>(() => stage.SubmitAsync(id, new TurnInput { Message = "another body", Key = key }));
            Assert.Equal("idempotency_key_reused", other.Code);
        }

        private async Task CancelAsync()
        {
            if (_words.Count > 0)
            {
                Done.Add("cancel");
                var number = _words.Keys.ElementAt(random.Next(_words.Count));
                await stage.ReadAsync(id, s => s.Cancel(number));
            }
        }

        private async Task MoveHeadAsync()
        {
            Done.Add("head");
            var session = await stage.ReadAsync(id, s => s);
            try
            {
                await session.UpdateAsync(null, null, random.Next(session.Count + 1), Limits.Token);
            }
            catch (TroupeException refusal)
            {
                Assert.Equal("entry_not_found", refusal.Code);
            }
            catch (SessionClosedException)
            {
                Done.Add("closed");
            }
        }

        private async Task EraseAsync()
        {
            var session = await stage.ReadAsync(id, s => s);
            var seq = random.Next(session.Count + 1);
            Done.Add($"erase {seq}");
            try
            {
                await session.EraseAsync(seq, Limits.Token);
                Assert.Equal(EntryRole.Erased, session[seq].Role);
            }
            catch (TroupeException refusal)
            {
                Assert.Contains(refusal.Code, new[] { "entry_not_found", "branch_busy" });
            }
            catch (SessionClosedException)
            {
                Done.Add("closed");
            }
        }

        private void EndCall(Action<ScriptedChatClient.Call> end, string what)
        {
            if (_calls.Count > 0)
            {
                Done.Add(what);
                var index = random.Next(_calls.Count);
                end(_calls[index]);
                _calls.RemoveAt(index);
            }
        }

        private void Watch(Session session, Turn turn) => _told.Add((turn.Number, session.WaitAsync(turn, CancellationToken.None)));

        private async Task TakeCallsAsync()
        {
            for (; _seen < stage.Model.Count; _seen++)
            {
                _calls.Add(await stage.Model.NextAsync());
            }
        }

        private async Task ForgetCallsAsync()
        {
            await TakeCallsAsync();
            _calls.Clear();
        }

        private async Task CheckAsync()
        {
            Done.Add("check");
            foreach (var (number, told) in _told.Where(t => t.Told.IsCompletedSuccessfully))
            {
                var result = await told;
                if (result.State is TurnState.Completed or TurnState.Cancelled)
                {
                    // Two tellings of a final turn are one.
                    Assert.Equal(_final.GetValueOrDefault(number, result), result);
                    _final[number] = result;
                }
            }

            var (entries, head) = await stage.ReadAsync(id, s => (s.Page(0, int.MaxValue), s.Head));
            Assert.Equal(Enumerable.Range(1, entries.Length), entries.Select(e => e.Seq));
            Assert.All(entries, e => Assert.InRange(e.Parent, 0, e.Seq - 1));
            Assert.All(entries.Where(e => e.Role == EntryRole.Assistant), e => Assert.Equal(EntryRole.User, entries[e.Parent - 1].Role));
            Assert.InRange(head, 0, int.MaxValue);
            Assert.True(head == 0 || head > entries.Length || entries[head - 1].Role != EntryRole.Erased, $"the head {head} is erased");
            Assert.All(entries.Where(e => e.Role == EntryRole.Erased), e => Assert.Equal(("", null), (e.Text, e.Data)));
            Assert.All(entries.Where(e => e.Parent > 0 && entries[e.Parent - 1].Role == EntryRole.Erased), e => Assert.Equal(EntryRole.Erased, e.Role));
            Assert.All(_final.Values, r => Assert.Contains(entries, e => e.Seq == r.Seq || r.Seq == 0));
            Assert.All(_final.Values.Where(r => r.Reply.Length > 0 && entries[r.Seq - 1].Role != EntryRole.Erased), r => Assert.Equal(r.Reply, entries[r.Seq - 1].Text));

            var users = entries.Where(e => e.Role == EntryRole.User).ToList();
            foreach (var (number, words) in _words)
            {
                var turn = await stage.ReadAsync(id, s => s.FindTurn(number).Record);
                var found = users.Where(u => words.Exists(w => u.Text.Contains(w, StringComparison.Ordinal))).ToList();
                Assert.True(found.Count <= 1, $"the words of turn {number} are {found.Count} entries");
                if (turn.UserSeq > 0 && turn.UserSeq <= entries.Length && entries[turn.UserSeq - 1].Role == EntryRole.Erased)
                {
                    Assert.Empty(found);
                }
                else if (turn.UserSeq > 0 && turn.UserSeq <= entries.Length)
                {
                    Assert.Equal((turn.UserSeq, string.Join("\n\n", words)), (Assert.Single(found).Seq, found[0].Text));
                }
                else if (turn.UserSeq == 0)
                {
                    Assert.True(turn.State is TurnState.Queued or TurnState.Cancelled, $"turn {number} is {turn.State} without an entry");
                }
            }
        }
    }
}
