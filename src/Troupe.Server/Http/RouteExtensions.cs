using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Troupe.Server.Keys;

namespace Troupe.Server.Http;

/// <summary>Maps a route with its classification, and describes it for the OpenAPI document.</summary>
public static class RouteExtensions
{
    extension(IEndpointRouteBuilder routes)
    {
        /// <summary>A route that reads.</summary>
        public IEndpointConventionBuilder Get(string pattern, Scope scope, RequestDelegate handler) => routes.Map(HttpMethods.Get, pattern, scope, handler);

        /// <summary>A route that does.</summary>
        public IEndpointConventionBuilder Post(string pattern, Scope scope, RequestDelegate handler) => routes.Map(HttpMethods.Post, pattern, scope, handler);

        /// <summary>A route that changes.</summary>
        public IEndpointConventionBuilder Patch(string pattern, Scope scope, RequestDelegate handler) => routes.Map(HttpMethods.Patch, pattern, scope, handler);

        /// <summary>A route that removes.</summary>
        public IEndpointConventionBuilder Delete(string pattern, Scope scope, RequestDelegate handler) => routes.Map(HttpMethods.Delete, pattern, scope, handler);

        private IEndpointConventionBuilder Map(string method, string pattern, Scope scope, RequestDelegate handler) =>
            routes.MapMethods(pattern, [method], handler).WithMetadata(new RouteAccess(scope), handler.Method);
    }

    extension(IEndpointConventionBuilder route)
    {
        /// <summary>What the body is.</summary>
        public IEndpointConventionBuilder Takes<T>() => route.WithMetadata(new AcceptsMetadata(["application/json"], typeof(T)));

        /// <summary>The body is a file as it is, of one of these media types.</summary>
        public IEndpointConventionBuilder TakesFile(params string[] mediaTypes) => route.WithMetadata(new AcceptsMetadata(mediaTypes, typeof(Stream)));

        /// <summary>What the query may say.</summary>
        public IEndpointConventionBuilder Asks(params string[] names) => route.WithMetadata(new RouteQuery(names));

        /// <summary>What the answer is.</summary>
        public IEndpointConventionBuilder Answers<T>(int status = StatusCodes.Status200OK) =>
            route.WithMetadata(new ProducesResponseTypeMetadata(status, typeof(T), ["application/json"]), Failure);

        /// <summary>There is no body in the answer.</summary>
        public IEndpointConventionBuilder Answers(int status) => route.WithMetadata(new ProducesResponseTypeMetadata(status), Failure);

        /// <summary>The answer is a stream of events, whose data is JSON of one type.</summary>
        public IEndpointConventionBuilder Streams<T>() =>
            route.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(T), ["text/event-stream"]), Failure);

        /// <summary>The answer is a stream of events.</summary>
        public IEndpointConventionBuilder Streams() =>
            route.WithMetadata(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), ["text/event-stream"]), Failure);
    }

    private static ProducesResponseTypeMetadata Failure { get; } = new(StatusCodes.Status400BadRequest, typeof(Problem), ["application/problem+json"]);
}
