using System.Globalization;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;
using Wyckoff.Api.Access;
using Wyckoff.Bars;
using Wyckoff.Bars.Caching;
using Wyckoff.Tickers;

namespace Wyckoff.Api.Bars;

/// <summary>The response headers of a query at one version of the window.</summary>
internal sealed class BarHeaders
{
    private static readonly StringValues Vary = "Accept, Accept-Encoding";
    private static readonly StringValues AskEachTime = "no-cache";

    private readonly BarQuery _query;
    private readonly string? _version;
    private readonly string? _tag;
    private readonly string? _lastModified;

    public BarHeaders(BarQuery query, TickerRef ticker, WindowVersion state)
    {
        _query = query;
        if (state.Version > 0)
        {
            _version = state.Version.ToString(CultureInfo.InvariantCulture);
            _tag = FormattableString.Invariant($"W/\"{state.Version:x}{Suffix(query, ticker)}");
            // Informative only: If-Modified-Since is ignored, because a second may see several versions.
            _lastModified = state.ChangedAt == 0 ? null : HeaderUtilities.FormatDate(IncomingBar.InstantOf(state.ChangedAt));
        }
    }

    /// <summary>Sets the headers. False if the client has this version already, and the status is 304.</summary>
    public bool Begin(HttpContext context, TimeProvider time)
    {
        var headers = context.Response.Headers;
        headers.Vary = Vary;
        if (_tag is null)
        {
            headers.ContentType = _query.ContentType;
            headers.CacheControl = "no-store";
            return true;
        }

        headers.ETag = _tag;
        headers.LastModified = _lastModified;
        headers[BarAnswers.VersionHeader] = _version;
        // Old bars are rarely corrected, so caches may keep them for a minute. This service itself always answers with the current bars.
        headers.CacheControl =
            _query.FromEnd || _query.End >= IncomingBar.TimeOf(time.GetUtcNow().AddDays(-7)) ? AskEachTime
            // A cache that others use must not give away what this request needed a key or session for.
            : context.HasCredential() ? "private, max-age=60"
            : "max-age=60";
        if (IsAt(context))
        {
            context.Response.StatusCode = StatusCodes.Status304NotModified;
            return false;
        }

        headers.ContentType = _query.ContentType;
        return true;
    }

    /// <summary>Whether the client has this version, according to If-None-Match.</summary>
    public bool IsAt(HttpContext context)
    {
        var given = context.Request.Headers.IfNoneMatch;
        return given.Count > 0
            && _tag is not null
            && given.Any(value =>
                value is not null
                && value.Split(',', StringSplitOptions.TrimEntries).Any(one => one == "*" || one == _tag || "W/" + one == _tag)
            );
    }

    /// <summary>The newest version in If-None-Match, which may come from another replica; 0 if there is none.</summary>
    public static long NewestSeen(HttpContext context, BarQuery query, TickerRef ticker)
    {
        var seen = 0L;
        var suffix = Suffix(query, ticker);
        foreach (
            var tag in context.Request.Headers.IfNoneMatch.SelectMany(value => value?.Split(',', StringSplitOptions.TrimEntries) ?? [])
        )
        {
            var start = tag.StartsWith("W/\"", StringComparison.Ordinal) ? 3 : 1;
            if (
                tag.EndsWith(suffix, StringComparison.Ordinal)
                && tag.Length > start + suffix.Length
                && long.TryParse(
                    tag.AsSpan()[start..^suffix.Length],
                    NumberStyles.AllowHexSpecifier,
                    CultureInfo.InvariantCulture,
                    out var version
                )
            )
            {
                seen = Math.Max(seen, version);
            }
        }

        return seen;
    }

    private static string Suffix(BarQuery query, TickerRef ticker) =>
        FormattableString.Invariant($"-{Hash(ticker.Incarnation + ' ' + ticker.Id + ' ' + query.Identity(ticker.Symbol.Value)):x16}\"");

    // FNV-1a gives the same hash in every replica, unlike string.GetHashCode.
    private static ulong Hash(string text)
    {
        var hash = 14695981039346656037UL;
        foreach (var c in text)
        {
            hash = (hash ^ c) * 1099511628211UL;
        }

        return hash;
    }
}
