using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;

namespace Wyckoff.Api;

/// <summary>What the types of problems mean: each leads here.</summary>
public static class ProblemsApi
{
    private static readonly Parameter<string> Name = Parameters.Text("name", "The last part of the type.", 64) with
    {
        InPath = true,
        Required = true,
        Example = "unknown-symbol",
    };
    private static readonly Parameter[] OfOne = [Name];

    public static void MapProblems(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/problems").WithTags("Problems");
        group
            .MapGet("/", List)
            .WithName("ListProblems")
            .WithSummary("Every way in which a request can fail.")
            .Takes([])
            .Produces<ProblemsResponse>()
            .Answers(
                "application/json",
                """{"problems":[{"type":"/problems/unknown-symbol","status":404,"title":"Unknown symbol","meaning":"There is no ticker of that symbol. 'near' has those that look like it."}]}"""
            );
        group
            .MapGet("/{name}", Get)
            .WithName("GetProblem")
            .WithSummary("What one type of problem means.")
            .Takes(OfOne)
            .Produces<ProblemResponse>()
            .Fails(Problems.UnknownProblem)
            .Answers(
                "application/json",
                """{"type":"/problems/unknown-symbol","status":404,"title":"Unknown symbol","meaning":"There is no ticker of that symbol. 'near' has those that look like it."}"""
            );
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
            : Problems.Of(Problems.UnknownProblem, $"There is no problem {Parameters.Quote(name)}.");
    }
}

public sealed record ProblemsResponse(IReadOnlyList<ProblemResponse> Problems);

/// <summary>A way in which a request can fail. Type is the type of the problem documents, and a path of this service.</summary>
public sealed record ProblemResponse(string Type, int Status, string Title, string Meaning)
{
    public static ProblemResponse Of(ProblemKind kind) => new(kind.Type, kind.Status, kind.Title, kind.Meaning);
}
