namespace Troupe.Apps.MedSim;

/// <summary>Who the patient is.</summary>
public sealed record PatientView(string Name, string Age, string Sex, string? Occupation = null, string? Speaker = null);

/// <summary>A case in the library. <c>source</c> is <c>own</c> or <c>imported</c>, or <c>unknown</c> in an imported attempt whose case is not here; <c>attempts</c> and <c>best</c> are the caller's.</summary>
public sealed record CaseLine(
    string Id, string Title, string Specialty, int Difficulty, string Setting, int Minutes, int Budget, PatientView Patient, string Source, int Attempts, double? Best = null);

/// <summary>The cases that one may take.</summary>
public sealed record CaseList(IReadOnlyList<CaseLine> Cases, IReadOnlyList<string> Specialties);

/// <summary>What a student is told of a case before the first question. <c>rubric</c>, what the areas of the score weigh, is there where the case is read for practice.</summary>
public sealed record CaseView(
    string Id, string Title, string Specialty, int Difficulty, string Setting, int Minutes, int Budget, PatientView Patient, string Source, int Attempts, double? Best, string Task, string Opening,
    RubricView? Rubric = null);

/// <summary>A case that was imported: <c>new</c>, <c>changed</c> or <c>known</c>, with what could not be mapped and what is thin.</summary>
public sealed record ImportedCase(string Id, string Title, string Status, IReadOnlyList<string> Unmapped, IReadOnlyList<string> Thin);

/// <summary>What an import of cases took.</summary>
public sealed record CaseImport(string Format, IReadOnlyList<ImportedCase> Cases, int New, int Changed, int Known);

/// <summary>A mistake in a case file.</summary>
public sealed record CaseMistake(long Line, long Column, string What);

/// <summary>Why a case file was refused, after RFC 9457, with every mistake.</summary>
public sealed record CaseProblem(string Type, string Title, int Status, string Detail, string Code, IReadOnlyList<CaseMistake> Mistakes);

/// <summary>An examination that may be asked for, with its usual other names.</summary>
public sealed record ExaminationLine(string Name, string Region, IReadOnlyList<string> Synonyms);

/// <summary>A test that may be ordered, with its usual other names.</summary>
public sealed record TestLine(string Name, string Kind, IReadOnlyList<string> Synonyms);

/// <summary>What may be asked for, the same for all cases.</summary>
public sealed record CatalogueView(IReadOnlyList<ExaminationLine> Examinations, IReadOnlyList<TestLine> Tests);

/// <summary>Begins an attempt.</summary>
/// <param name="Case">The case's id.</param>
/// <param name="Mode"><c>practice</c> or <c>osce</c>.</param>
/// <param name="ClassId">The class it is done for; none unless given.</param>
public sealed record AttemptRequest(string Case, string Mode, string? ClassId = null);

/// <summary>Something to examine or to order, in words.</summary>
public sealed record WhatRequest(string What);

/// <summary>Lets case time pass: so many minutes, or until the next result.</summary>
public sealed record WaitRequest(double? Minutes = null);

/// <summary>Words.</summary>
public sealed record TextRequest(string Text);

/// <summary>Nothing but the wish.</summary>
public sealed record EmptyRequest;

/// <summary>A diagnosis, and what else it could be.</summary>
public sealed record DiagnosisRequest(string Diagnosis, IReadOnlyList<string>? Differentials = null);

/// <summary>An attempt in a list. Its <c>mode</c> is <c>practice</c>, <c>osce</c>, or <c>imported</c> for a session of a former MedSim, which is finished and has no
/// score; where its case is not known here, <c>case</c> and <c>title</c> are what its file called it, and <c>specialty</c> is empty.</summary>
public sealed record AttemptLine(
    string Id, string Case, string Title, string Specialty, int Difficulty, string Mode, string State, DateTimeOffset StartedAt, string? ClassId = null, string? Student = null,
    DateTimeOffset? FinishedAt = null, double? Score = null, double? CaseMinutes = null, int? Cost = null);

/// <summary>Attempts, newest first; <c>next</c> is the id to ask before, where there is more.</summary>
public sealed record AttemptList(IReadOnlyList<AttemptLine> Attempts, string? Next = null);

/// <summary>Time and money, and in an OSCE the seconds that have really passed while the server ran.</summary>
public sealed record ClockView(double CaseMinutes, int BudgetMinutes, int Cost, int Budget, double? RealSeconds = null, double? RealLimitSeconds = null);

/// <summary>What the areas of the score weigh.</summary>
public sealed record RubricView(int History, int Examination, int Investigations, int Diagnosis, int Plan, int Communication, int Efficiency);

/// <summary>Something that happened. <c>ticks</c> are the items of the score that it brought, in a debrief.</summary>
public sealed record EventView(
    int Seq, string Kind, DateTimeOffset At, double Minute, string Text, string? Name = null, string? Status = null, string? Region = null, string? Source = null, string? Reason = null,
    string? TurnId = null, IReadOnlyList<string>? Differentials = null, IReadOnlyList<string>? Ticks = null);

/// <summary>A test that was ordered: <c>pending</c>, <c>ready</c>, <c>normal</c> or <c>not_available</c>.</summary>
public sealed record OrderView(int Seq, string Name, string Kind, string Status, int Cost, double OrderedMinute, double ReadyMinute, string? Result = null, string? Trace = null);

/// <summary>What the student thinks it is.</summary>
public sealed record DiagnosisView(string Diagnosis, IReadOnlyList<string> Differentials);

/// <summary>An attempt as it stands: <c>running</c>, <c>time_up</c> or <c>finished</c>.</summary>
public sealed record AttemptView(
    string Id, string Mode, string State, string? ClassId, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt, CaseView Case, ClockView Clock, RubricView? Rubric, int HintsLeft, double HintPrice,
    IReadOnlyList<EventView> Events, IReadOnlyList<OrderView> Orders, DiagnosisView? Diagnosis, string? Plan, double? Score);

/// <summary>What came of an action.</summary>
public sealed record ActionReply(
    string Status, ClockView Clock, string State, int? Seq = null, string? Name = null, string? Text = null, IReadOnlyList<string>? Choices = null, int? Cost = null, double? ReadyMinute = null,
    string? Trace = null, double? Score = null);

/// <summary>An area of the score: what it weighs, the points that were won, and their share of it, 0 to 1.</summary>
public sealed record AreaView(string Area, int Weight, double Points, double Share);

/// <summary>One item of the score, with the line of the log that ticks it, or none.</summary>
public sealed record ItemView(
    string Id, string Area, string Text, int Weight, bool Critical, bool Done, double Points, double Of, string? Kind = null, int? Seq = null, string? TurnId = null, double? Minute = null,
    string? Why = null);

/// <summary>What else it could have been, and whether it was named.</summary>
public sealed record DifferentialView(string Name, string Why, bool Named);

/// <summary>The diagnosis that was given beside the right one: <c>full</c>, <c>partial</c> or <c>none</c>.</summary>
public sealed record DiagnosisScore(string? Given, string Name, string Credit, IReadOnlyList<DifferentialView> Differentials);

/// <summary>Time and money beside the case's own budget, and what was needless.</summary>
public sealed record EfficiencyView(double Minutes, int BudgetMinutes, int Cost, int Budget, IReadOnlyList<string> Wasteful, int Hints, double HintPoints);

/// <summary>What an attempt came to, line by line.</summary>
public sealed record Debrief(
    AttemptLine Attempt, double Total, IReadOnlyList<AreaView> Areas, IReadOnlyList<ItemView> Items, IReadOnlyList<string> Omissions, IReadOnlyList<string> Harmful, DiagnosisScore Diagnosis,
    EfficiencyView Efficiency, IReadOnlyList<EventView> Transcript, string Expert, IReadOnlyList<string> Teaching, IReadOnlyList<string> References);

/// <summary>Makes a class.</summary>
public sealed record ClassRequest(string Name);

/// <summary>A class with its invite, which is shown this once.</summary>
public sealed record ClassCreated(string Id, string Name, string Invite);

/// <summary>Joins a class.</summary>
/// <param name="Invite">What the teacher gave out.</param>
/// <param name="Name">How the teacher sees you; the key's owner unless given.</param>
public sealed record JoinRequest(string Invite, string? Name = null);

/// <summary>A class in a list. <c>open</c> says whether its invite works.</summary>
public sealed record ClassLine(string Id, string Name, string Teacher, bool Open, DateTimeOffset CreatedAt, int? Members = null);

/// <summary>The classes that one teaches, and those that one has joined.</summary>
public sealed record ClassList(IReadOnlyList<ClassLine> Teaching, IReadOnlyList<ClassLine> Joined);

/// <summary>A member of a class, as its teacher sees it.</summary>
public sealed record MemberView(string Id, string Name, DateTimeOffset JoinedAt, int Attempts, int Finished, double? Best = null);

/// <summary>How an item went over the finished attempts of a class: the share that got it, and, from 10 attempts on, how well it tells good attempts from
/// poor ones (the point-biserial correlation with the rest of the score).</summary>
public sealed record ItemStatistics(string Id, string Area, string Text, int N, double Difficulty, double? Discrimination = null);

/// <summary>How a case went over the finished attempts of a class.</summary>
public sealed record CaseStatistics(string Case, string Title, int Attempts, double Mean, IReadOnlyList<ItemStatistics> Items);

/// <summary>A class. Members see their own attempts only, and neither other members nor statistics.</summary>
public sealed record ClassView(
    string Id, string Name, string Teacher, bool Open, IReadOnlyList<AttemptLine> Attempts, IReadOnlyList<MemberView>? Members = null, IReadOnlyList<CaseStatistics>? Statistics = null);

/// <summary>An attempt as a file: its line, its log and, when it is finished, its debrief.</summary>
public sealed record AttemptExport(int MedsimExport, AttemptLine Attempt, IReadOnlyList<EventView> Events, IReadOnlyList<OrderView> Orders, Debrief? Debrief = null);

/// <summary>All attempts of one person as a file.</summary>
public sealed record AttemptsExport(int MedsimExport, IReadOnlyList<AttemptLine> Attempts);
