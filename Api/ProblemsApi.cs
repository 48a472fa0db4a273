using Microsoft.AspNetCore.Http.HttpResults;
using Wyckoff.Api.Requests;

namespace Wyckoff.Api;

/// <summary>What the types of problems mean: each leads here.</summary>
public static class ProblemsApi
{
    public static void MapProblems(this IEndpointRouteBuilder routes)
    {
        var group = routes.MapGroup("/problems").WithTags("Problems");
        group
            .MapGet("/", () => TypedResults.Ok(new ProblemsResponse([.. Problems.All.Select(ProblemResponse.Of)])))
            .WithName("ListProblems")
            .WithSummary("Every way in which a request can fail.")
            .Answers(
                "application/json",
                """{"problems":[{"type":"/problems/unknown-symbol","status":404,"title":"Unknown symbol","meaning":"There is no ticker of that symbol. 'near' has those that look like it."}]}"""
            );
        group
            .MapGet("/{name}", Get)
            .WithName("GetProblem")
            .WithSummary("What one type of problem means.")
            .Takes([Name])
            .Fails(Problems.UnknownProblem)
            .Answers(
                "application/json",
                """{"type":"/problems/unknown-symbol","status":404,"title":"Unknown symbol","meaning":"There is no ticker of that symbol. 'near' has those that look like it."}"""
            );
    }

    private static readonly Parameter<string> Name = Parameters.Text("name", "The last part of the type.", 64) with
    {
        InPath = true,
        Required = true,
        Example = "unknown-symbol",
    };

    private static Results<Ok<ProblemResponse>, ProblemHttpResult> Get(string name) =>
        Problems.Find(name) is { } kind
            ? TypedResults.Ok(ProblemResponse.Of(kind))
            : (ProblemHttpResult)Problems.Of(Problems.UnknownProblem, $"There is no problem {Parameters.Quote(name)}.");
}

public sealed record ProblemsResponse(IReadOnlyList<ProblemResponse> Problems);

/// <summary>A way in which a request can fail. Type is the type of the problem documents, and a path of this service.</summary>
public sealed record ProblemResponse(string Type, int Status, string Title, string Meaning)
{
    public static ProblemResponse Of(ProblemKind kind) => new(kind.Type, kind.Status, kind.Title, kind.Meaning);
}
