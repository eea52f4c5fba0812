-- What an organization may have of the service.

alter table access.organizations add column plan varchar(20) not null default 'free';
alter table access.organizations add column seats integer;
alter table access.organizations add constraint organizations_plan_check check (plan in ('free', 'pro', 'business'));

comment on column access.organizations.plan is 'free, pro or business.';
comment on column access.organizations.seats is 'How many members it may have; null: as many as the plan says.';
