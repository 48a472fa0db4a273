using Microsoft.Extensions.Primitives;
using Wyckoff.Api.Bars;

namespace Wyckoff.Api.Pipeline;

/// <summary>Tells which requests change stored data. All rules that protect the data share this definition.</summary>
public static class StateChanges
{
    /// <summary>True for every method but GET, HEAD and OPTIONS, and for a GET with <c>fetch</c>, which stores the fetched bars.</summary>
    public static bool IsChange(HttpRequest request)
    {
        var method = request.Method;
        return !HttpMethods.IsOptions(method) && (!(HttpMethods.IsGet(method) || HttpMethods.IsHead(method)) || Fetches(request));
    }

    private static bool Fetches(HttpRequest request)
    {
        // Parse only queries that contain the name, or an escape that may stand for a letter of it.
        var (query, name) = (request.QueryString.Value ?? "", BarParameters.Fetch.Name);
        return (query.Contains(name, StringComparison.OrdinalIgnoreCase) || query.Contains('%', StringComparison.Ordinal))
            && !StringValues.IsNullOrEmpty(request.Query[name]);
    }
}
