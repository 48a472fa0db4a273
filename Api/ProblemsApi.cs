using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;

namespace Wyckoff.Api;

/// <summary>Describes the types of problems. The type of a problem document is the path of its description.</summary>
public static class ProblemsApi
{
    private static readonly Parameter<string> Name = Parameters.Text("name", "The last segment of the type.", 64) with
    {
        InPath = true,
        Required = true,
        Example = "unknown-symbol",
    };
    private const string Example = """
        {"type":"/problems/unknown-symbol","status":404,"title":"Unknown symbol",
          "meaning":"No ticker has this symbol. 'near' lists similar symbols."}
        """;

    private static readonly Parameter[] OfOne = [Name];

    public static void MapProblems(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/problems").WithTags("Problems");
        group
            .MapGet("/", List)
            .Needs(EndpointAccess.Open)
            .WithName("ListProblems")
            .WithSummary("List all types of problems.")
            .Takes([])
            .Produces<ProblemsResponse>()
            .Answers("application/json", $$"""{"problems":[{{Example}}]}""");
        group
            .MapGet("/{name}", Get)
            .Needs(EndpointAccess.Open)
            .WithName("GetProblem")
            .WithSummary("Describe one type of problem.")
            .Takes(OfOne)
            .Produces<ProblemResponse>()
            .Fails(Problems.UnknownProblem)
            .Answers("application/json", Example);
    }

    private static IResult List(HttpContext context)
    {
        var reader = new RequestReader(context, []);
        return reader.HasErrors ? reader.Problem() : TypedResults.Ok(new ProblemsResponse([.. Problems.All.Select(ProblemResponse.Of)]));
    }

    private static IResult Get(HttpContext context)
    {
        var reader = new RequestReader(context, OfOne);
        var name = reader.Get(Name, "");
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        return Problems.Find(name) is { } kind
            ? TypedResults.Ok(ProblemResponse.Of(kind))
            : Problems.Of(Problems.UnknownProblem, $"There is no problem type {Parameters.Quote(name)}.");
    }
}

/// <summary>All types of problems.</summary>
public sealed record ProblemsResponse(IReadOnlyList<ProblemResponse> Problems);

/// <summary>A type of problem. 'type' is the type of the problem documents, and a path of this service.</summary>
public sealed record ProblemResponse(string Type, int Status, string Title, string Meaning)
{
    public static ProblemResponse Of(ProblemKind kind) => new(kind.Type, kind.Status, kind.Title, kind.Meaning);
}
