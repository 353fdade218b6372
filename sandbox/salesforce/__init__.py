"""A Salesforce org over real HTTP: REST, SOQL and Bulk API 2.0, with its state in memory."""
