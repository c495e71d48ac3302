using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Scope = Troupe.Server.Keys.Scope;

namespace Troupe.Server.Http;

/// <summary>The contract as an OpenAPI document, from the routes' own metadata.</summary>
internal static class OpenApiDocument
{
    public static void AddTroupeOpenApi(this IServiceCollection services)
    {
        services.ConfigureHttpJsonOptions(options => options.SerializerOptions.TypeInfoResolverChain.Insert(0, ServerJson.Default));
        services.ConfigureHttpJsonOptions(options =>
        {
            options.SerializerOptions.PropertyNamingPolicy = System.Text.Json.JsonNamingPolicy.SnakeCaseLower;
            options.SerializerOptions.NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict;
        });
        services.AddOpenApi(options =>
        {
            options.AddDocumentTransformer((document, _, _) =>
            {
                document.Info.Title = "Troupe";
                document.Info.Description = "Hosts stateful LLM agents. Nothing lost, nothing computed twice.";
                document.Servers?.Clear();
                document.Components ??= new OpenApiComponents();
                document.Components.SecuritySchemes ??= new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal);
                document.Components.SecuritySchemes["key"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer" };
                return Task.CompletedTask;
            });
            options.AddOperationTransformer(Describe);
        });
    }

    public static void MapTroupeOpenApi(this IEndpointRouteBuilder routes) =>
        routes.MapOpenApi().WithMetadata(new RouteAccess(Scope.Public));

    private static Task Describe(OpenApiOperation operation, OpenApiOperationTransformerContext context, CancellationToken cancellationToken)
    {
        var metadata = context.Description.ActionDescriptor.EndpointMetadata;
        if (metadata.OfType<RouteAccess>().FirstOrDefault() is { Scope: not Scope.Public } access)
        {
            operation.Description = $"Wants the scope {access.Scope.ToString().ToLowerInvariant()}.";
            operation.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("key", context.Document)] = [] }];
        }

        operation.Parameters ??= [];
        foreach (var name in RoutePatternOf(context.Description.RelativePath))
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Path,
                Required = true,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        foreach (var name in metadata.OfType<RouteQuery>().SelectMany(q => q.Names))
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = name,
                In = ParameterLocation.Query,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String },
            });
        }

        if (string.Equals(context.Description.HttpMethod, "POST", StringComparison.Ordinal))
        {
            operation.Parameters.Add(new OpenApiParameter
            {
                Name = "Idempotency-Key",
                In = ParameterLocation.Header,
                Schema = new OpenApiSchema { Type = JsonSchemaType.String, MaxLength = 255 },
            });
        }

        return Task.CompletedTask;
    }

    private static IEnumerable<string> RoutePatternOf(string? path) =>
        (path ?? "").Split('/').Where(p => p.StartsWith('{')).Select(p => p.Trim('{', '}', '*'));
}
