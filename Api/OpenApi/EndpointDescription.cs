using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;

namespace Wyckoff.Api.OpenApi;

/// <summary>What an endpoint takes, for the OpenAPI document.</summary>
public sealed record DescribedParameters(IReadOnlyList<Parameter> Parameters);

/// <summary>A body as it may be sent.</summary>
public sealed record DescribedBody(string ContentType, string Text);

/// <summary>Files that may be sent, by their types. Said to the document only: were it said to the router, that would refuse other types without a word.</summary>
public sealed record DescribedFiles(IReadOnlyList<string> ContentTypes);

/// <summary>An answer as it may look.</summary>
public sealed record DescribedExample(string ContentType, string Text);

/// <summary>The ways in which an endpoint can fail, beside those that all of them have.</summary>
public sealed record DescribedProblems(IReadOnlyList<ProblemKind> Kinds);

/// <summary>Declares what the OpenAPI document says of an endpoint.</summary>
public static class EndpointDescription
{
    public static TBuilder Takes<TBuilder>(this TBuilder endpoint, IReadOnlyList<Parameter> parameters)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedParameters(parameters));

    public static TBuilder Sends<TBuilder>(this TBuilder endpoint, string contentType, string example)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedBody(contentType, example));

    public static TBuilder SendsFiles<TBuilder>(this TBuilder endpoint, IReadOnlyList<string> contentTypes)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedFiles(contentTypes));

    public static TBuilder Answers<TBuilder>(this TBuilder endpoint, string contentType, string example)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedExample(contentType, example));

    /// <summary>The ways in which it can fail.</summary>
    public static TBuilder Fails<TBuilder>(this TBuilder endpoint, params IReadOnlyList<ProblemKind> kinds)
        where TBuilder : IEndpointConventionBuilder => endpoint.WithMetadata(new DescribedProblems(kinds));
}
