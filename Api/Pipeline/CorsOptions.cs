using System.ComponentModel.DataAnnotations;

namespace Wyckoff.Api.Pipeline;

/// <summary>Other origins whose pages may read responses: section <c>Wyckoff:Api:Cors</c>. Default: none.</summary>
public sealed class CorsOptions : IValidatableObject
{
    public const string Section = "Wyckoff:Api:Cors";
    public const string Any = "*";

    /// <summary>Origins such as https://charts.example, or * for all.</summary>
    public string[] Origins { get; set; } = [];

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var origin in Origins)
        {
            if (
                origin != Any
                && !(
                    Uri.TryCreate(origin, UriKind.Absolute, out var uri)
                    && uri.Scheme is "http" or "https"
                    && uri.GetLeftPart(UriPartial.Authority) == origin
                )
            )
            {
                yield return new(
                    $"{Section}:Origins '{origin}': an origin such as https://charts.example is expected, without a path, or *.",
                    [nameof(Origins)]
                );
            }
        }

        if (Origins.Length > 1 && Origins.Contains(Any, StringComparer.Ordinal))
        {
            yield return new($"{Section}:Origins: * stands for all origins and must be the only entry.", [nameof(Origins)]);
        }
    }
}
