using Microsoft.Extensions.Primitives;
using Wyckoff.Api.Bars;

namespace Wyckoff.Api.Pipeline;

/// <summary>Which requests change what is stored: the one definition for all rules that protect it.</summary>
public static class StateChanges
{
    /// <summary>Every method but GET, HEAD and OPTIONS; and a GET with <c>fetch</c>, since the bars that it fetches are stored.</summary>
    public static bool IsChange(HttpRequest request)
    {
        var method = request.Method;
        return !HttpMethods.IsOptions(method) && (!(HttpMethods.IsGet(method) || HttpMethods.IsHead(method)) || Fetches(request));
    }

    private static bool Fetches(HttpRequest request)
    {
        // Few queries have to be parsed for this: those with the name, and those with an escape that may stand for a letter of it.
        var (query, name) = (request.QueryString.Value ?? "", BarParameters.Fetch.Name);
        return (query.Contains(name, StringComparison.OrdinalIgnoreCase) || query.Contains('%', StringComparison.Ordinal))
            && !StringValues.IsNullOrEmpty(request.Query[name]);
    }
}
