using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Troupe.Cli.Link;

namespace Troupe.Cli.Commands;

/// <summary><c>troupe keys</c>: make, list and revoke access keys.</summary>
internal static class KeysCommand
{
    public static Command Create(LinkOptions options) => new("keys", "Make, list and revoke access keys.\n\nExample: troupe keys create ada --requests-per-minute 60")
    {
        CreateKey(options),
        List(options),
        Revoke(options),
    };

    private static Command CreateKey(LinkOptions options)
    {
        var owner = new Argument<string>("owner") { Description = "To whom the key's sessions belong." };
        var name = new Option<string?>("--name") { Description = "A name for people; the owner's unless given." };
        var scopes = new Option<string[]>("--scope") { Description = "chat (default), teach or admin; may be given several times.", DefaultValueFactory = _ => ["chat"] };
        var rate = new Option<int?>("--requests-per-minute") { Description = "No limit unless given." };
        var concurrency = new Option<int?>("--concurrency") { Description = "Requests at once; no limit unless given." };
        var tokens = new Option<long?>("--tokens-per-day") { Description = "No limit unless given." };
        var command = new Command("create", "Make a key. Its token is shown this once.\n\nExample: troupe keys create ada --scope chat --requests-per-minute 60") { owner, name, scopes, rate, concurrency, tokens };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var body = new JsonObject { ["owner"] = arguments.GetValue(owner), ["scopes"] = new JsonArray([.. arguments.GetValue(scopes)!.Select(s => (JsonNode)s)]) };
            Add("name", arguments.GetValue(name));
            Add("requests_per_minute", arguments.GetValue(rate));
            Add("concurrency", arguments.GetValue(concurrency));
            Add("tokens_per_day", arguments.GetValue(tokens));
            var key = await link.SendAsync(HttpMethod.Post, "/api/v1/keys", JsonContent.Create(body, JsonContext.Default.JsonObject), cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(key);
                return;
            }

            await Console.Out.WriteLineAsync(key.GetProperty("token").GetString());
            await Console.Error.WriteLineAsync($"This is the token of the key {Output.TextOf(key, "id")}. It is not shown again.");

            void Add(string member, JsonNode? value)
            {
                if (value is not null)
                {
                    body[member] = value;
                }
            }
        });
        return command;
    }

    private static Command List(LinkOptions options)
    {
        var command = new Command("list", "List all keys, revoked ones too.\n\nExample: troupe keys list");
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var keys = await link.GetAsync("/api/v1/keys", cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(keys);
            }
            else
            {
                Output.Table(
                    keys.GetProperty("keys"), ("id", "id"), ("owner", "owner"), ("name", "name"), ("scopes", "scopes"), ("a minute", "requests_per_minute"),
                    ("at once", "concurrency"), ("tokens a day", "tokens_per_day"), ("created", "created_at"), ("revoked", "revoked_at"));
            }
        });
        return command;
    }

    private static Command Revoke(LinkOptions options)
    {
        var id = new Argument<string>("id") { Description = "The key's id, as 'keys list' shows it." };
        var command = new Command("revoke", "Make a key useless, at once and for good.\n\nExample: troupe keys revoke ID") { id };
        command.Through(options, async (arguments, link, cancellationToken) =>
        {
            var key = await link.SendAsync(HttpMethod.Delete, $"/api/v1/keys/{Uri.EscapeDataString(arguments.GetValue(id)!)}", null, cancellationToken);
            if (arguments.GetValue(options.Json))
            {
                Output.Json(key);
            }
            else
            {
                await Console.Out.WriteLineAsync($"The key {Output.TextOf(key, "id")} of {Output.TextOf(key, "owner")} is revoked.");
            }
        });
        return command;
    }
}
