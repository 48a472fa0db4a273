using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Wyckoff.Accounts;
using Wyckoff.Accounts.Documents;
using Wyckoff.Accounts.Own;
using Wyckoff.Api.Access;
using Wyckoff.Api.Binding;
using Wyckoff.Api.Errors;
using Wyckoff.Api.OpenApi;
using Wyckoff.Primitives;

namespace Wyckoff.Api.Accounts;

/// <summary>Lists, sets and deletes the caller's own settings of evaluators' rules.</summary>
public static class AccountRulesApi
{
    private static readonly Parameter<string> EvaluatorFilter = Name("evaluator", "Only rules of this evaluator.", UserRule.MaxEvaluator);

    private static readonly Parameter<string> Evaluator = Name(
        "evaluator",
        "The evaluator that reads the rule.",
        UserRule.MaxEvaluator
    ) with
    {
        InPath = true,
        Required = true,
        Example = "risk",
    };

    private static readonly Parameter<string> RuleCode = Name("ruleCode", "The rule, such as RS001.", UserRule.MaxRuleCode) with
    {
        InPath = true,
        Required = true,
        Example = "RS001",
    };

    private static readonly Parameter[] OfList = [EvaluatorFilter];
    private static readonly Parameter[] OfOne = [Evaluator, RuleCode];
    private static readonly string[] FieldNames = ["parameters", "isEnabled", "description"];

    public static void MapAccountRules(this IEndpointRouteBuilder routes)
    {
        const string one =
            """{"evaluator":"risk","ruleCode":"RS001","parameters":{"severity":"critical","maxRiskPct":2.5},"isEnabled":true,"""
            + """ "description":"No trade without a stop.","createdAt":"2026-01-02T09:00:00Z","updatedAt":"2026-01-02T09:00:00Z"}""";
        var group = routes.MapGroup(AccountApi.Path + "/rules").WithTags("Account");
        group
            .MapGet("/", ListAsync)
            .Needs(EndpointAccess.Read)
            .WithName("ListRules")
            .WithSummary("List the caller's own settings of rules.")
            .Takes(OfList)
            .Produces<RulesResponse>()
            .Fails(Problems.InvalidParameters, Problems.DatabaseAway)
            .Answers("application/json", $$"""{"rules":[{{one}}],"count":1}""");
        group
            .MapGet("/{evaluator}/{ruleCode}", GetAsync)
            .Needs(EndpointAccess.Read)
            .WithName("GetRule")
            .WithSummary("Get the caller's own settings of one rule.")
            .Takes(OfOne)
            .Produces<RuleResponse>()
            .Produces(StatusCodes.Status304NotModified)
            .Fails(Problems.InvalidParameters, Problems.UnknownRule, Problems.DatabaseAway)
            .Answers("application/json", one);
        group
            .MapPut("/{evaluator}/{ruleCode}", PutAsync)
            .Needs(EndpointAccess.Write)
            .WithName("PutRule")
            .WithSummary("Create or replace the caller's own settings of one rule.")
            .WithDescription(
                "'parameters' is any object; its 'severity', if there is one, is info, warn or critical. With an ETag in If-Match, only if "
                    + "the settings have not changed meanwhile; with If-None-Match: *, only if there are none yet."
            )
            .Takes(OfOne)
            .TakesJson<RuleBody>(
                """
                {"parameters":{"severity":"critical","maxRiskPct":2.5},"isEnabled":true,"description":"No trade without a stop."}
                """,
                "application/json"
            )
            .LimitsBody(JsonBodyEndpoints.SmallBody)
            .Produces<RuleResponse>()
            .Produces<RuleResponse>(StatusCodes.Status201Created)
            .Fails(Problems.InvalidParameters, Problems.LimitReached, Problems.ChangedMeanwhile, Problems.DatabaseAway)
            .Answers("application/json", one);
        group
            .MapDelete("/{evaluator}/{ruleCode}", DeleteAsync)
            .Needs(EndpointAccess.Write)
            .WithName("DeleteRule")
            .WithSummary("Delete the caller's own settings of one rule.")
            .WithDescription("With an ETag in If-Match, only if the settings have not changed meanwhile.")
            .Takes(OfOne)
            .Produces(StatusCodes.Status204NoContent)
            .Fails(Problems.InvalidParameters, Problems.UnknownRule, Problems.ChangedMeanwhile, Problems.DatabaseAway);
    }

    private static async Task<IResult> ListAsync(HttpContext context, OwnAccount own, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfList);
        var evaluator = reader.Get(EvaluatorFilter);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var rules = await own.ReadAsync(
            context.AccountScope(),
            (db, token) =>
                db.Set<UserRule>()
                    .AsNoTracking()
                    .Where(rule => evaluator == null || rule.Evaluator == evaluator)
                    .OrderBy(rule => rule.Evaluator)
                    .ThenBy(rule => rule.RuleCode)
                    .ToListAsync(token),
            cancellationToken
        );
        return TypedResults.Ok(new RulesResponse([.. rules.Select(RuleResponse.Of)], rules.Count));
    }

    private static async Task<IResult> GetAsync(HttpContext context, OwnAccount own, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfOne);
        var (evaluator, code) = (reader.Get(Evaluator, ""), reader.Get(RuleCode, ""));
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var rule = await own.ReadAsync(context.AccountScope(), (db, token) => FindAsync(db, evaluator, code, token), cancellationToken);
        return rule is null ? Unknown(evaluator, code) : Preconditions.Answer(context, RuleResponse.Of(rule));
    }

    private static async Task<IResult> PutAsync(
        HttpContext context,
        OwnAccount own,
        IOptions<AccountLimits> limits,
        CancellationToken cancellationToken
    )
    {
        var reader = new RequestReader(context, OfOne);
        var (evaluator, code) = (reader.Get(Evaluator, ""), reader.Get(RuleCode, ""));
        var body = await JsonBodyReader.ReadAsync(context, reader, FieldNames);
        var parameters = body.AnyObject("parameters");
        if (parameters?.TryGetProperty("severity", out var severity) == true && !IsSeverity(severity))
        {
            reader.AddError(
                "parameters.severity",
                $"{Parameters.Quote(severity.GetRawText().Trim('"'))} is not one of info, warn, critical."
            );
        }

        var isEnabled = body.Flag("isEnabled", defaultValue: true);
        var description = body.TextOrNull("description", UserRule.MaxDescription, null);
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        var json = parameters?.GetRawText() ?? "{}";
        try
        {
            return await own.ChangeAsync(
                context.AccountScope(),
                async (db, account, token) =>
                {
                    var rule = await FindAsync(db, evaluator, code, token);
                    var current = rule is null ? null : RuleResponse.Of(rule);
                    if (!Preconditions.AreMet(context, current))
                    {
                        return Preconditions.Changed(context, current, $"The rule {code} of {evaluator}");
                    }

                    if (rule is null)
                    {
                        if (await db.Set<UserRule>().CountAsync(token) >= limits.Value.MaxRules)
                        {
                            return Problems.Of(
                                Problems.LimitReached,
                                $"The account has {limits.Value.MaxRules} rules, which is the limit: delete one that is not needed."
                            );
                        }

                        rule = new(account.Id, code, evaluator);
                        db.Add(rule);
                    }

                    rule.Change(json);
                    rule.Enable(isEnabled);
                    rule.Describe(description);
                    await db.SaveChangesAsync(token);
                    await db.Entry(rule).ReloadAsync(token);
                    var answer = RuleResponse.Of(rule);
                    Preconditions.Tag(context, answer);
                    return current is null
                        ? TypedResults.Created($"{context.Request.PathBase}{AccountApi.Path}/rules/{evaluator}/{code}", answer)
                        : TypedResults.Ok(answer);
                },
                cancellationToken
            );
        }
        catch (AccountGoneException)
        {
            return AccountApi.Gone();
        }
    }

    private static async Task<IResult> DeleteAsync(HttpContext context, OwnAccount own, CancellationToken cancellationToken)
    {
        var reader = new RequestReader(context, OfOne);
        var (evaluator, code) = (reader.Get(Evaluator, ""), reader.Get(RuleCode, ""));
        if (reader.HasErrors)
        {
            return reader.Problem();
        }

        try
        {
            return await own.ChangeAsync(
                context.AccountScope(),
                async (db, _, token) =>
                {
                    if (await FindAsync(db, evaluator, code, token) is not { } rule)
                    {
                        return Unknown(evaluator, code);
                    }

                    if (RuleResponse.Of(rule) is var current && !Preconditions.AreMet(context, current))
                    {
                        return Preconditions.Changed(context, current, $"The rule {code} of {evaluator}");
                    }

                    db.Remove(rule);
                    return TypedResults.NoContent();
                },
                cancellationToken
            );
        }
        catch (AccountGoneException)
        {
            return AccountApi.Gone();
        }
    }

    private static Task<UserRule?> FindAsync(WyckoffDbContext db, string evaluator, string code, CancellationToken token) =>
        db.Set<UserRule>().SingleOrDefaultAsync(rule => rule.Evaluator == evaluator && rule.RuleCode == code, token);

    private static bool IsSeverity(JsonElement value) =>
        value.ValueKind == JsonValueKind.String && Enum.GetValues<RuleSeverity>().Any(severity => value.ValueEquals(EnumText.Of(severity)));

    private static Parameter<string> Name(string name, string description, int maxLength) =>
        new(
            name,
            description,
            (string text, out string value) =>
            {
                value = text;
                return UserRule.IsName(text, maxLength) ? null : $"{Parameters.Quote(text)} is not {UserRule.NameExpected(maxLength)}.";
            }
        );

    private static IResult Unknown(string evaluator, string code) =>
        Problems.Of(Problems.UnknownRule, $"There are no settings for the rule {code} of {evaluator}.");
}

/// <summary>The caller's own settings of rules, by evaluator and rule.</summary>
public sealed record RulesResponse(IReadOnlyList<RuleResponse> Rules, int Count);

/// <summary>The settings of an account for one rule of an evaluator.</summary>
public sealed record RuleResponse(
    string Evaluator,
    string RuleCode,
    JsonElement Parameters,
    bool IsEnabled,
    string? Description,
    DateTimeOffset CreatedAt,
    DateTimeOffset UpdatedAt
)
{
    public static RuleResponse Of(UserRule rule) =>
        new(
            rule.Evaluator,
            rule.RuleCode,
            JsonElement.Parse(rule.Parameters),
            rule.IsEnabled,
            rule.Description,
            rule.CreatedAt,
            rule.UpdatedAt
        );
}

/// <summary>The settings of a rule that a request can set.</summary>
public sealed record RuleBody
{
    /// <summary>Thresholds, and the severity: info, warn or critical. Default: none.</summary>
    public JsonElement? Parameters { get; init; }

    /// <summary>Default: true.</summary>
    public bool? IsEnabled { get; init; }

    /// <summary>Up to 1000 characters.</summary>
    public string? Description { get; init; }
}
