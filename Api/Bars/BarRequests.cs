using System.Collections.Concurrent;

namespace Wyckoff.Api.Bars;

/// <summary>Caches parsed requests by their text.</summary>
public sealed class BarRequests
{
    private const int Most = 4096;
    private const int LongestKey = 400;
    private readonly ConcurrentDictionary<Key, BarRequest> _requests = new();

    internal BarRequest? Find(HttpContext context) => _requests.TryGetValue(Of(context), out var request) ? request : null;

    /// <summary>Adds a request. Requests with a cursor are not added, because they are rarely repeated.</summary>
    internal void Keep(HttpContext context, BarRequest request)
    {
        var key = Of(context);
        if (key.Length <= LongestKey && request.Query.After is null)
        {
            if (_requests.Count >= Most)
            {
                // Simple eviction: requests that are repeated are soon added again.
                _requests.Clear();
            }

            _requests[key] = request;
        }
    }

    private static Key Of(HttpContext context) =>
        new(
            (string)context.Request.RouteValues["symbol"]!,
            context.Request.QueryString.Value ?? "",
            context.Request.Headers.Accept.ToString()
        );

    private readonly record struct Key(string Symbol, string Query, string Accept)
    {
        public int Length => Symbol.Length + Query.Length + Accept.Length;
    }
}
