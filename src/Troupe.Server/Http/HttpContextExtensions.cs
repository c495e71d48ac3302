using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Troupe.Server.Keys;

namespace Troupe.Server.Http;

/// <summary>What routes ask of a request.</summary>
public static class HttpContextExtensions
{
    private const int MaxKeyLength = 255;

    extension(HttpRequest request)
    {
        /// <summary>Whether the client wants the answer as server-sent events.</summary>
        public bool WantsEvents => request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase);
    }

    extension(HttpContext context)
    {
        /// <summary>Who calls. Only on routes that want a key.</summary>
        public Caller Caller => context.Features.Get<Caller>() ?? throw new InvalidOperationException("This route is public; nobody calls it.");

        /// <summary>The client's idempotency key; null without one.</summary>
        /// <exception cref="TroupeException">It is empty, longer than 255 characters, not printable ASCII or given twice (code
        /// idempotency_key_invalid).</exception>
        public string? IdempotencyKey
        {
            get
            {
                if (!context.Request.Headers.TryGetValue("Idempotency-Key", out var keys))
                {
                    return null;
                }

                // An empty one is refused, not overlooked: who sends it counts on it.
                return keys is [{ Length: >= 1 and <= MaxKeyLength } key] && key.All(c => c is >= ' ' and <= '~') ? key
                    : throw new TroupeException(ErrorKind.Invalid, "idempotency_key_invalid", $"The Idempotency-Key has {keys.ToString().Length} characters; it must be given once, with 1 to {MaxKeyLength} printable ASCII characters.")
                    {
                        Member = "Idempotency-Key",
                    };
            }
        }

        /// <summary>A word of the query, which must be one of those that have a meaning.</summary>
        /// <returns>The word; null when it is absent or empty.</returns>
        /// <exception cref="TroupeException">It is another one (code query_invalid).</exception>
        public string? QueryWord(string name, params ReadOnlySpan<string> known)
        {
            var text = context.Request.Query[name].ToString();
            return text.Length == 0 ? null
                : known.Contains(text) ? text
                : throw new TroupeException(ErrorKind.Invalid, "query_invalid", $"'{name}' is '{(text.Length > 40 ? text[..40] : text)}'; it must be {string.Join(" or ", known)}.") { Member = name };
        }

        /// <summary>A part of the path.</summary>
        public string RouteText(string name) => (string)context.GetRouteValue(name)!;

        /// <summary>A whole number of the query.</summary>
        /// <exception cref="TroupeException">It is no number, or out of range (code query_invalid).</exception>
        public int QueryNumber(string name, int usual, int least, int most)
        {
            var text = context.Request.Query[name].ToString();
            if (text.Length == 0)
            {
                return usual;
            }

            return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
                ? number
                : throw new TroupeException(ErrorKind.Invalid, "query_invalid", $"'{name}' is '{(text.Length > 40 ? text[..40] : text)}'; it must be a number from {least} to {most}.") { Member = name };
        }
    }
}
