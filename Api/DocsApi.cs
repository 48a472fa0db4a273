namespace Wyckoff.Api;

/// <summary>The page at <c>/docs</c>: the OpenAPI document made readable, from this assembly alone.</summary>
public static class DocsApi
{
    public static void MapDocs(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/", () => TypedResults.LocalRedirect("/docs")).ExcludeFromDescription();
        routes.MapGet("/docs", () => TypedResults.Stream(typeof(DocsApi).Assembly.GetManifestResourceStream("docs.html")!, "text/html; charset=utf-8")).ExcludeFromDescription();
    }
}
