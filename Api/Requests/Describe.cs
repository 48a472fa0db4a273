namespace Wyckoff.Api.Requests;

/// <summary>What an endpoint takes, for the OpenAPI document.</summary>
public sealed record DescribedParameters(IReadOnlyList<Parameter> Parameters);

/// <summary>An answer as it may look.</summary>
public sealed record DescribedExample(string ContentType, string Text);

public static class Describe
{
    public static TBuilder Takes<TBuilder>(this TBuilder endpoint, IReadOnlyList<Parameter> parameters)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedParameters(parameters));

    public static TBuilder Answers<TBuilder>(this TBuilder endpoint, string contentType, string example)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedExample(contentType, example));

    /// <summary>The ways in which it can fail.</summary>
    public static TBuilder Fails<TBuilder>(this TBuilder endpoint, params IReadOnlyList<ProblemKind> kinds)
        where TBuilder : IEndpointConventionBuilder
    {
        foreach (var kind in kinds.DistinctBy(kind => kind.Status))
        {
            endpoint.WithMetadata(new ProducesResponseTypeMetadata(kind.Status, kind == Problems.InvalidParameters ? typeof(HttpValidationProblemDetails) : typeof(Microsoft.AspNetCore.Mvc.ProblemDetails), ["application/problem+json"]));
        }

        return endpoint;
    }
}
