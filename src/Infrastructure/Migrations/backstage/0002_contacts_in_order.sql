-- A list of contacts is paged by id within one organization: without this a small organization's page would walk
-- through everybody's contacts. As bigint, so that the planner never takes the primary key for the order instead.
create index idx_contacts_organization_id_id on backstage.contacts (organization_id, (id::bigint));
