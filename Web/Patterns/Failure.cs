using Wyckoff.Client;

namespace Wyckoff.Web.Patterns;

/// <summary>Why a request to the API failed, for people.</summary>
/// <param name="Status">The status of the answer; 503 if there was none.</param>
/// <param name="Title">What happened.</param>
/// <param name="Detail">What was found, and what was expected.</param>
/// <param name="Fields">The errors of each field or parameter.</param>
public sealed record Failure(int Status, string Title, string? Detail, IReadOnlyDictionary<string, IReadOnlyList<string>> Fields)
{
    private static readonly Dictionary<string, IReadOnlyList<string>> None = [];

    /// <summary>Describes an exception of the client; null for any other exception.</summary>
    public static Failure? Of(Exception exception) =>
        exception switch
        {
            WyckoffException { Problem: { } problem } refused => new(
                refused.StatusCode,
                problem.Title ?? "The request failed",
                problem.Detail,
                problem.Errors?.ToDictionary(error => error.Key, error => (IReadOnlyList<string>)[.. error.Value], StringComparer.Ordinal)
                    ?? None
            ),
            WyckoffException other => new(
                other.StatusCode,
                "The request failed",
                $"The API answered with status {other.StatusCode}.",
                None
            ),
            HttpRequestException or TaskCanceledException { InnerException: TimeoutException } => new(
                503,
                "The API does not answer",
                "It may be starting. Try again in a moment.",
                None
            ),
            _ => null,
        };

    /// <summary>The errors of one field.</summary>
    public string? For(string field) => Fields.TryGetValue(field, out var errors) ? string.Join(' ', errors) : null;

    /// <summary>The errors of the first field whose path ends so: of an entry of a list, whatever its place in the list.</summary>
    public string? ForEndingWith(string end) =>
        Fields.FirstOrDefault(field => field.Key.EndsWith(end, StringComparison.Ordinal)).Value is { } errors
            ? string.Join(' ', errors)
            : null;
}
