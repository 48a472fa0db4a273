namespace Wyckoff.Api.Requests;

/// <summary>What an endpoint takes, for the OpenAPI document.</summary>
public sealed record DescribedParameters(IReadOnlyList<Parameter> Parameters);

/// <summary>An answer as it may look.</summary>
public sealed record DescribedExample(string ContentType, string Text);

/// <summary>The ways in which an endpoint can fail, beside those that all of them have.</summary>
public sealed record DescribedProblems(IReadOnlyList<ProblemKind> Kinds);

public static class Describe
{
    public static TBuilder Takes<TBuilder>(this TBuilder endpoint, IReadOnlyList<Parameter> parameters)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedParameters(parameters));

    public static TBuilder Answers<TBuilder>(this TBuilder endpoint, string contentType, string example)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedExample(contentType, example));

    /// <summary>The ways in which it can fail.</summary>
    public static TBuilder Fails<TBuilder>(this TBuilder endpoint, params IReadOnlyList<ProblemKind> kinds)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedProblems(kinds));
}
